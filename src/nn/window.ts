/** Square windows of an image as groups of tokens; row-major order of windows, and of tokens within a window. */
import { flow } from 'fp-ts/lib/function.js'
import { refuse } from '../tensor/errors.ts'
import { add, configured, ofRank, reshape, type Tensor, transpose } from '../tensor/ops.ts'

/** [b, h, w, c] of an image that consists of squares. */
const inSquares = (x: Tensor, side: number) => {
  const shape = ofRank(x, 4, 'an image [b, h, w, c]')
  const [, h, w] = shape
  const whole = Number.isSafeInteger(side) && side >= 1 && h % side === 0 && w % side === 0
  return whole ? shape : refuse(`an image of ${h} x ${w}, expected one that consists of squares of ${side} x ${side}`)
}

/** Rows and columns split into (window, offset): [b, h, w, c] -> [b, h/s, s, w/s, s, c]. */
const tiled =
  (side: number) =>
  (x: Tensor): Tensor => {
    const [b, h, w, c] = inSquares(x, side)
    return reshape([b, h / side, side, w / side, side, c])(x)
  }
const swapped = transpose([0, 1, 3, 2, 4, 5])

/** Image [b, h, w, c] -> [b, h/s, w/s, s, s, c], squares in their places; s divides h and w. */
export const tiles = configured('tiles', (side: number): ((x: Tensor) => Tensor) => flow(tiled(side), swapped))

/** Image [b, h, w, c] -> tokens [b, g, n, c]: g windows of n = side side tokens; side divides h and w. */
export const toWindows = configured('toWindows', (side: number) => (x: Tensor): Tensor => {
  const [b, h, w, c] = inSquares(x, side)
  return reshape([b, (h * w) / side ** 2, side ** 2, c])(tiles(side)(x))
})

/** Tokens [b, g, n, c], back in their places, added to an image x [b, h, w, c]. (Added tile by tile, so that nothing is moved first.) */
export const addWindows = configured('addWindows', (side: number) => (tokens: Tensor, x: Tensor): Tensor => {
  const [b, h, w, c] = inSquares(x, side)
  const tiles = swapped(reshape([b, h / side, w / side, side, side, c])(tokens))
  return reshape(x.shape)(add(tiles, tiled(side)(x)))
})
