/** Square patches of an image as tokens, and back; row-major order of patches, and of pixels within a patch. */
import { add, contract, reshape, type Tensor, transpose } from '../tensor/ops.ts'
import { type Conv, convSpec } from './conv.ts'
import { xavier } from './parameter.ts'
import { tiles } from './window.ts'

/** A p x p convolution of stride p, which is one linear map of every patch; it is initialised like a linear layer. */
export const patchSpec = (side: number, cin: number, width: number) =>
  convSpec(side, cin, width, xavier(side * side * cin, width))

/**
 * Image [b, h, w, c] -> tokens [b, n, width] with n = h w / side^2, each the linear map of its patch plus its row of
 * position embeddings [n, width]. The contraction runs over a view of the patches: nothing is copied first.
 */
export const patchEmbed =
  (p: Conv) =>
  (image: Tensor, positions: Tensor): Tensor => {
    const [side = 1, , , width = 1] = p.weight.shape
    const product = contract({
      sum: [
        [3, 0],
        [4, 1],
        [5, 2],
      ],
    })(tiles(side)(image), p.weight)
    const [b = 1, rows = 1, columns = 1] = product.shape
    return add(reshape([b, rows * columns, width])(product), add(positions, p.bias))
  }

/** Image [b, h, w, c] -> [b, n, side side c]: every patch flattened into a row. */
export const patchify =
  (side: number) =>
  (image: Tensor): Tensor => {
    const [b = 1, rows = 1, columns = 1, , , c = 1] = tiles(side)(image).shape
    return reshape([b, rows * columns, side * side * c])(tiles(side)(image))
  }

/**
 * [b, n, side side c] of a square grid of n patches -> image [b, h, h, c]. Law: unpatchify(side)(patchify(side)(x)) =
 * x.
 */
export const unpatchify =
  (side: number) =>
  (tokens: Tensor): Tensor => {
    const [b = 1, n = 1, numbers = 1] = tokens.shape
    const [grid, c] = [Math.sqrt(n), numbers / side ** 2]
    const rowByRow = transpose([0, 1, 3, 2, 4, 5])(reshape([b, grid, grid, side, side, c])(tokens))
    return reshape([b, grid * side, grid * side, c])(rowByRow)
  }
