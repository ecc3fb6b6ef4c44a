/**
 * A hash of the contents of a file of tensors: `sealed` writes it into the metadata, `intact` compares it, so that disk
 * corruption is detected before the data is used.
 */
import { createHash } from 'node:crypto'
import type * as E from 'fp-ts/lib/Either.js'
import { compared, hashedContent, hashedHeader, hashedValues, withHash } from './hashedContent.ts'
import type { SafeTensors, Writable } from './safetensors.ts'
import type { TensorFile } from './tensorFile.ts'

const contentHash = (file: SafeTensors): string => {
  const hash = createHash('sha256')
  for (const piece of hashedContent(file)) hash.update(piece)
  return hash.digest('hex')
}

export const sealed = (file: SafeTensors<Writable>): SafeTensors<Writable> => withHash(file, contentHash(file))

/** The file, unless its content does not match its hash, or a required hash is missing. */
export const intact =
  (required: boolean) =>
  (file: SafeTensors): E.Either<string, SafeTensors> =>
    compared(file, contentHash(file), required)

/** The same of an open file, which is read slice by slice. @param onBytes called with the bytes of each slice */
export const intactTensors =
  (required: boolean, onBytes: (bytes: number) => void = () => undefined) =>
  async (file: TensorFile): Promise<E.Either<string, TensorFile>> => {
    const hash = createHash('sha256').update(hashedHeader(file.metadata, file.entries))
    for (const [name, { dtype }] of file.entries)
      for await (const { values } of file.slices(name)) {
        const bytes = hashedValues(dtype, values)
        hash.update(bytes)
        onBytes(bytes.length)
      }
    return compared(file, hash.digest('hex'), required)
  }
