/** A picture of a user's as a model takes it, and a mask of it. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../../codec/element.ts'
import { type Fitted, fittedPicture } from '../../data/picture.ts'

/** The images of a model. */
export interface Shape {
  readonly size: number
  readonly channels: number
}

/** A picture in a file. */
export interface GivenImage {
  readonly path: string
  /** [h, w, c] in [-1, 1]: 0 is -1, 255 is 1, as those of data sets. */
  readonly image: Float64Array
  /** Those of the file. */
  readonly width: number
  readonly height: number
}

/** Luma of ITU-R BT.601, of thousandths: grey stays what it is. */
const greyOf = (pixels: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: pixels.length / 3 }, (_, i) => {
    const [r, g, b] = [element(pixels, 3 * i), element(pixels, 3 * i + 1), element(pixels, 3 * i + 2)]
    return Math.round((299 * r + 587 * g + 114 * b) / 1000)
  })

/** A picture as an image of the model; in grey for one of a single channel. */
export const readImage = (path: string, { size, channels }: Shape): TE.TaskEither<string, GivenImage> =>
  pipe(
    fittedPicture(size)(path),
    TE.map(({ pixels, width, height }) => ({
      path,
      width,
      height,
      image: Float64Array.from(channels === 1 ? greyOf(pixels) : pixels, (v) => v / 127.5 - 1),
    })),
  )

/** What was done to a picture of another size; null if nothing was. */
export const fittedLine = ({ path, width, height }: GivenImage, { size }: Shape): string | null =>
  width === size && height === size
    ? null
    : `${path}: ${width} x ${height}, ${width === height ? '' : 'cut to a square and '}resized to ${size} x ${size}`

const extent = ({ width, height }: Pick<Fitted, 'width' | 'height'>): string => `${width} x ${height}`

/** The mask [h, w] of a picture, of the same size and fitted as it was: 1 is painted, from the middle of grey up. */
export const readMask = (path: string, of: GivenImage, { size }: Shape): TE.TaskEither<string, Uint8Array> =>
  pipe(
    fittedPicture(size)(path),
    TE.filterOrElse(
      ({ width, height }) => width === of.width && height === of.height,
      (found) => `${path} is ${extent(found)}: expected ${extent(of)}, the size of ${of.path}`,
    ),
    TE.map(({ pixels }) => greyOf(pixels).map((v) => (v > 127 ? 1 : 0))),
    TE.filterOrElse(
      (mask) => mask.includes(1),
      () => `${path} is black all over: expected white where the image is to be painted`,
    ),
  )
