/**
 * What the hash of a file of tensors is of: names, types, shapes, values and metadata, independent of the file's layout. The
 * hash itself stands in the metadata. It is computed where the platform has it: contentHash.ts in Node, the host of a page.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type DtypeName, writers } from './dtype.ts'
import type { SafeTensors, Stored, Writable } from './safetensors.ts'

const field = 'sha256'

const isWritable = (dtype: string): dtype is Writable => Object.hasOwn(writers, dtype)

/** What is hashed first: the metadata, and the names, types and shapes of the tensors in their order. */
export const hashedHeader = (
  metadata: SafeTensors['metadata'],
  tensors: Iterable<readonly [name: string, tensor: Pick<Stored, 'dtype' | 'shape'>]>,
): Uint8Array => {
  const said = Object.entries(metadata)
    .filter(([name]) => name !== field)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const names = Array.from(tensors, ([name, { dtype, shape }]) => [name, dtype, shape])
  return new TextEncoder().encode(JSON.stringify([said, names]))
}

/** Then the values of each, whole or in slices. */
export const hashedValues = (dtype: DtypeName, values: Stored['values']): Uint8Array =>
  isWritable(dtype) ? writers[dtype](values) : new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** The bytes that are hashed, piece by piece. */
export function* hashedContent({ tensors, metadata }: SafeTensors): Generator<Uint8Array, void> {
  yield hashedHeader(metadata, tensors)
  for (const { dtype, values } of tensors.values()) yield hashedValues(dtype, values)
}

/** The file with its hash. */
export const withHash = (file: SafeTensors<Writable>, hash: string): SafeTensors<Writable> => ({
  ...file,
  metadata: { ...file.metadata, [field]: hash },
})

/** The file, unless it has another hash than this one of its content, or a required one is missing. */
export const compared = <F extends Pick<SafeTensors, 'metadata'>>(
  file: F,
  hash: string,
  required: boolean,
): E.Either<string, F> => {
  const expected = file.metadata[field]
  const holds = expected === undefined ? !required : expected === hash
  return holds ? E.right(file) : E.left('its content is damaged: it does not have the sha256 that it was written with')
}
