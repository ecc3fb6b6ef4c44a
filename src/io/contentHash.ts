/**
 * A hash of the contents of a file of tensors: names, types, shapes, values and metadata, independent of the file's layout.
 * `sealed` writes it into the metadata, `intact` compares it, so that disk corruption is detected before the data is used.
 */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { writers } from './dtype.ts'
import type { SafeTensors, Writable } from './safetensors.ts'

const field = 'sha256'

const isWritable = (dtype: string): dtype is Writable => Object.hasOwn(writers, dtype)

const contentHash = ({ tensors, metadata }: SafeTensors): string => {
  const hash = createHash('sha256')
  const said = Object.entries(metadata)
    .filter(([name]) => name !== field)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  hash.update(JSON.stringify([said, [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])]))
  for (const { dtype, values } of tensors.values())
    hash.update(
      isWritable(dtype) ? writers[dtype](values) : new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    )
  return hash.digest('hex')
}

export const sealed = (file: SafeTensors<Writable>): SafeTensors<Writable> => ({
  ...file,
  metadata: { ...file.metadata, [field]: contentHash(file) },
})

/** The file, unless its content does not match its hash, or a required hash is missing. */
export const intact =
  (required: boolean) =>
  (file: SafeTensors): E.Either<string, SafeTensors> => {
    const expected = file.metadata[field]
    const holds = expected === undefined ? !required : expected === contentHash(file)
    return holds
      ? E.right(file)
      : E.left('its content is damaged: it does not have the sha256 that it was written with')
  }
