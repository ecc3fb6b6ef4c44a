/** What stands at a position of the stream of training images, without its pixels. */
import type { Key } from '../random/key.ts'

/** What stands at a position of the stream, without its pixels. */
export interface Place {
  /** Of the image in the data set. */
  readonly index: number
  readonly isMirrored: boolean
  /** The position's own key, as in `Example`. */
  readonly key: Key
}
