/**
 * What the hash of a file of tensors is of: names, types, shapes, values and metadata, independent of the file's layout. The
 * hash itself stands in the metadata. It is computed where the platform has it: contentHash.ts in Node, the host of a page.
 */
import * as E from 'fp-ts/lib/Either.js'
import { writers } from './dtype.ts'
import type { SafeTensors, Writable } from './safetensors.ts'

const field = 'sha256'

const isWritable = (dtype: string): dtype is Writable => Object.hasOwn(writers, dtype)

/** The bytes that are hashed, piece by piece. */
export function* hashedContent({ tensors, metadata }: SafeTensors): Generator<Uint8Array, void> {
  const said = Object.entries(metadata)
    .filter(([name]) => name !== field)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const names = [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])
  yield new TextEncoder().encode(JSON.stringify([said, names]))
  for (const { dtype, values } of tensors.values())
    yield isWritable(dtype)
      ? writers[dtype](values)
      : new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** The file with its hash. */
export const withHash = (file: SafeTensors<Writable>, hash: string): SafeTensors<Writable> => ({
  ...file,
  metadata: { ...file.metadata, [field]: hash },
})

/** The file, unless it has another hash than this one of its content, or a required one is missing. */
export const compared = (file: SafeTensors, hash: string, required: boolean): E.Either<string, SafeTensors> => {
  const expected = file.metadata[field]
  const holds = expected === undefined ? !required : expected === hash
  return holds ? E.right(file) : E.left('its content is damaged: it does not have the sha256 that it was written with')
}
