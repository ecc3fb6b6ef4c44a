/** Square windows of an image as groups of tokens; row-major order of windows, and of tokens within a window. */
import { flow } from 'fp-ts/lib/function.js'
import { add, reshape, type Tensor, transpose } from '../tensor/ops.ts'

/** Rows and columns split into (window, offset): [b, h, w, c] -> [b, h/s, s, w/s, s, c]. */
const tiled =
  (side: number) =>
  (x: Tensor): Tensor => {
    const [b = 1, h = 1, w = 1, c = 1] = x.shape
    return reshape([b, h / side, side, w / side, side, c])(x)
  }
const swapped = transpose([0, 1, 3, 2, 4, 5])

/** Window partition: image [b, h, w, c] -> [b, h/s, w/s, s, s, c]; s divides h and w. */
export const tiles = (side: number): ((x: Tensor) => Tensor) => flow(tiled(side), swapped)

/** Image [b, h, w, c] -> tokens [b, g, n, c]: g windows of n = side side tokens; side divides h and w. */
export const toWindows =
  (side: number) =>
  (x: Tensor): Tensor => {
    const [b = 1, h = 1, w = 1, c = 1] = x.shape
    return reshape([b, (h * w) / side ** 2, side ** 2, c])(tiles(side)(x))
  }

/**
 * Reverses the window partition of tokens [b, g, n, c] and adds them to an image x [b, h, w, c]. (Added window by
 * window, without moving data first.)
 */
export const addWindows =
  (side: number) =>
  (tokens: Tensor, x: Tensor): Tensor => {
    const [b = 1, h = 1, w = 1, c = 1] = x.shape
    const tiles = swapped(reshape([b, h / side, w / side, side, side, c])(tokens))
    return reshape(x.shape)(add(tiles, tiled(side)(x)))
  }
