/** Square patches of an image as tokens, and back; patches in row-major order, and so the pixels within. */
import { refuse } from '../tensor/errors.ts'
import { add, configured, contract, ofRank, reshape, type Tensor, transpose } from '../tensor/ops.ts'
import { addBias } from './bias.ts'
import { type Conv, convSpec } from './conv.ts'
import { xavier } from './parameter.ts'
import { tiles } from './window.ts'

/** A p x p convolution of stride p, which is one linear map of every patch; it is initialised like a linear layer. */
export const patchSpec = (side: number, cin: number, width: number) =>
  convSpec(side, cin, width, xavier(side * side * cin, width))

/**
 * Image [b, h, w, c] -> tokens [b, n, width] with n = h w / side^2, each the linear map of its patch plus its row of
 * position embeddings [n, width], plus the bias (null: none). The contraction runs over a view of the patches: nothing is copied first.
 */
export const patchEmbed = configured('patchEmbed', (p: Conv) => (image: Tensor, positions: Tensor): Tensor => {
  const [side, , , width] = ofRank(p.weight, 4, 'a weight [side, side, c, width]')
  const product = contract({
    sum: [
      [3, 0],
      [4, 1],
      [5, 2],
    ],
  })(tiles(side)(image), p.weight)
  const [b, rows, columns] = ofRank(product, 4, 'patches [b, rows, columns, width]')
  return add(reshape([b, rows * columns, width])(product), addBias(positions, p.bias))
})

/** Image [b, h, w, c] -> [b, n, side side c]: every patch as one row of numbers. */
export const patchify = configured('patchify', (side: number) => (image: Tensor): Tensor => {
  const patches = tiles(side)(image)
  const [b, rows, columns, , , c] = ofRank(patches, 6, '[b, rows, columns, side, side, c]')
  return reshape([b, rows * columns, side * side * c])(patches)
})

/** [b, n, side side c] of a square grid of n patches -> image [b, h, h, c]. Law: unpatchify(side)(patchify(side)(x)) = x. */
export const unpatchify = configured('unpatchify', (side: number) => (tokens: Tensor): Tensor => {
  const [b, n, numbers] = ofRank(tokens, 3, 'tokens [b, n, side side c]')
  const [grid, c] = [Math.sqrt(n), numbers / side ** 2]
  if (!Number.isInteger(grid)) return refuse(`${n} patches, expected a square grid of them`)
  if (!Number.isInteger(c)) return refuse(`${numbers} numbers a patch, expected a multiple of ${side} x ${side}`)
  const rowByRow = transpose([0, 1, 3, 2, 4, 5])(reshape([b, grid, grid, side, side, c])(tokens))
  return reshape([b, grid * side, grid * side, c])(rowByRow)
})
