/**
 * Bounded gzip decompression: first the beginning of the content, which gives its length, then exactly that much. So a
 * small file never decompresses to something that fills the memory.
 */
import { promisify } from 'node:util'
import { constants, createGunzip, gunzip } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Maximum expansion of one byte of deflate. */
const expansion = 1032

const torn = 'cannot be unzipped: it is torn'

/** The first bytes of the content, fewer if it is shorter. */
export const unzippedStart = async (zipped: Uint8Array, bytes: number): Promise<E.Either<string, Uint8Array>> => {
  const unpacking = createGunzip({ chunkSize: constants.Z_MIN_CHUNK })
  unpacking.end(zipped)
  const parts: Uint8Array[] = []
  let have = 0
  try {
    for await (const part of unpacking) {
      parts.push(part)
      have += part.length
      if (have >= bytes) break
    }
  } catch {
    return E.left(torn)
  }
  return E.right(Buffer.concat(parts).subarray(0, bytes))
}

const isTooLong = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'

/** All of the content, of the stated number of bytes. */
export const unzipped = async (zipped: Uint8Array, bytes: number): Promise<E.Either<string, Uint8Array>> => {
  if (bytes > expansion * zipped.length)
    return E.left(`cannot hold the ${bytes} bytes that it says: they would take more than its ${zipped.length} zipped`)
  try {
    return E.right(await promisify(gunzip)(zipped, { maxOutputLength: bytes }))
  } catch (error) {
    return E.left(isTooLong(error) ? `holds more than the ${bytes} bytes that it says` : torn)
  }
}
