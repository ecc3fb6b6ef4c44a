/**
 * An image file as square RGB bytes: rotated by its EXIF orientation, centre-cropped to a square and resized, with
 * transparency over white. The content decides the format, not the extension.
 *
 * An image whose samples have no standard range (float greyscale, signed or 32-bit integers) is an error: read as bytes, it
 * would come out black.
 */

import { open } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Metadata } from 'sharp'
import { element } from '../codec/element.ts'
import { companion, type Sharp, sharp } from '../io/companion.ts'
import { reason } from '../io/reason.ts'

export const formats = 'png, jpg, webp, gif, avif, tif or svg'

/** The decoder's own limit: its maximum side length, squared. */
const mostPixels = 0x3fff ** 2

/** Maximum expansion of one byte of deflate. */
const deflated = 1032
/** Huffman coding takes at least one bit per 64 pixels; a factor of four is allowed for arithmetic coding. */
const jpegPixels = 4 * 8 * 64

/** Whether so many bytes can hold so many pixels, for formats that spend something on every pixel. */
const tooManyFor = (m: Metadata, bytes: number): boolean => {
  const pixels = m.width * m.height
  if (m.format === 'jpeg') return pixels > jpegPixels * bytes
  if (m.format !== 'png') return false
  // transparency may be a single colour key, which takes no bits
  const samples = m.isPalette ? 1 : m.hasAlpha ? m.channels - 1 : m.channels
  return (pixels * samples * (m.bitsPerSample ?? 1)) / 8 > deflated * bytes
}

const sampled = (m: Metadata): E.Either<string, Metadata> =>
  m.depth === 'uchar' || m.depth === 'ushort' || (m.depth === 'float' && m.space === 'scrgb' && m.channels === 3)
    ? E.right(m)
    : E.left(`its samples are ${m.depth} of ${m.channels} channels: expected integers of 8 or 16 bits, or float RGB`)

const held = (m: Metadata, bytes: number): E.Either<string, Metadata> =>
  m.width * m.height > mostPixels
    ? E.left(`it is ${m.width} x ${m.height}: expected at most ${mostPixels} pixels`)
    : tooManyFor(m, bytes)
      ? E.left(`its header says ${m.width} x ${m.height}, which ${bytes} bytes cannot hold: it is torn`)
      : sampled(m)

/** The decoder's message on one line. */
const decoderSays = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    // the decoder's prefix for warnings treated as errors
    .filter((line) => !line.startsWith('Warning treated as error'))
    .join('; ')
    .replace(/:$/, '') || 'it is torn or damaged'

/** Float RGB is linear light with 1 as white; values up to 2 are highlights, beyond that the scale is another. */
const brightest = 2
const scaledRight = async (sharp: Sharp, path: string, m: Metadata): Promise<string | undefined> => {
  if (m.depth !== 'float') return undefined
  const most = Math.max(...(await sharp(path).stats()).channels.map(({ max }) => max))
  return most <= brightest ? undefined : `its float samples reach ${most}: expected linear light from 0 to 1`
}

/** Bytes of the file, and whether it has the BMP signature. */
const probe = async (path: string): Promise<{ readonly bytes: number; readonly bmp: boolean }> => {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  const { buffer, bytesRead } = await file.read(new Uint8Array(2), 0, 2, 0)
  return { bytes: size, bmp: bytesRead === 2 && buffer[0] === 0x42 && buffer[1] === 0x4d }
}

const rgb = async (sharp: Sharp, path: string, size: number): Promise<Uint8Array> => {
  const { data, info } = await sharp(path)
    .autoOrient()
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .resize(size, size, { fit: 'cover' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  if (info.channels === 3) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return Uint8Array.from({ length: 3 * size * size }, (_, i) => {
    const [p, c] = [Math.floor(i / 3), i % 3]
    return element(data, p * info.channels + (info.channels < 3 ? 0 : c))
  })
}

/** A picture cut to a square and resized, and the extent of its file as it is shown. */
export interface Fitted {
  /** [size, size, 3] */
  readonly pixels: Uint8Array
  readonly width: number
  readonly height: number
}

/** Orientations from 5 on turn a picture by a quarter. */
const shownExtent = ({ width, height, orientation }: Metadata): Pick<Fitted, 'width' | 'height'> =>
  orientation !== undefined && orientation >= 5 ? { width: height, height: width } : { width, height }

const decoded =
  (sharp: Sharp, size: number) =>
  async (path: string): Promise<E.Either<string, Fitted>> => {
    const file = await probe(path).then(E.right, (error) => E.left(reason(error)))
    if (E.isLeft(file)) return file
    if (file.right.bytes === 0) return E.left('it is empty')
    if (file.right.bmp) return E.left(`BMP is not read: expected ${formats}`)
    try {
      const header = held(await sharp(path, { limitInputPixels: false }).metadata(), file.right.bytes)
      if (E.isLeft(header)) return header
      const wrong = await scaledRight(sharp, path, header.right)
      if (wrong !== undefined) return E.left(wrong)
      return E.right({ pixels: await rgb(sharp, path, size), ...shownExtent(header.right) })
    } catch (error) {
      return E.left(decoderSays(error))
    }
  }

/** A file as [size, size, 3], or why not; the reason does not name the file. */
export type Picture = (path: string) => Promise<E.Either<string, Uint8Array>>

/** Reads pictures at a size; a Left names the decoder where that is missing. */
export const picture = (size: number): TE.TaskEither<string, Picture> =>
  pipe(
    companion('reading pictures')(sharp),
    TE.map((sharp) => async (path) => E.map(({ pixels }: Fitted) => pixels)(await decoded(sharp, size)(path))),
  )

/** One file at a size, with its own extent; a Left is a sentence that names the file. */
export const fittedPicture =
  (size: number) =>
  (path: string): TE.TaskEither<string, Fitted> =>
    pipe(
      companion('reading pictures')(sharp),
      TE.chain((sharp) => () => decoded(sharp, size)(path)),
      TE.mapLeft((why) => `${path}: ${why}`),
    )
