/**
 * The operations for models. Binary maths is data-first, `add(a, b)`, with NumPy's broadcasting and plain numbers; configured
 * operations are data-last, `reshape([2, 3])(x)`, so that they pipe. Names are NumPy's.
 */
export { arange } from './arange.ts'
export { argmax, argmin } from './argmax.ts'
export {
  abs,
  add,
  div,
  eq,
  ge,
  gt,
  le,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  neg,
  sign,
  square,
  sub,
  where,
} from './arithmetic.ts'
export { array } from './array.ts'
export type { Axes } from './axes.ts'
export type { Box } from './box.ts'
export { broadcast } from './broadcast.ts'
export { clip, relu } from './clip.ts'
export { gelu, groupNormalise, normalise, silu, softmax } from './composite.ts'
export { contract } from './contraction.ts'
export { type Conv, conv } from './convolution.ts'
export { detach } from './detach.ts'
export { einsum } from './einsum.ts'
export { erf, geluExact } from './erf.ts'
export { configured, ofRank, operation, ShapeError } from './errors.ts'
export { exp, expm1, log, log1p, rsqrt, sigmoid, sqrt, tanh } from './exponential.ts'
export { crossEntropy, gather, oneHot } from './gather.ts'
export { label } from './label.ts'
export { full, index, input, literal } from './leaf.ts'
export { logSoftmax, logSumExp } from './logSumExp.ts'
export { matmul } from './matmul.ts'
export type { Nested } from './nested.ts'
export { type Padding, pad, type Widths } from './pad.ts'
export { type AvgPool, avgPool, maxPool, type Pool } from './pool.ts'
export { pow } from './power.ts'
export { prod } from './prod.ts'
export { fold, max, mean, min, type Reduction, reduction, sum } from './reduction.ts'
export { reshape } from './reshape.ts'
export { binary, type Operand, ternary, unary } from './scalar.ts'
export { type Shaped, show } from './show.ts'
export { concat, place, slice, take } from './slice.ts'
export { expandDims, repeat, split, squeeze, stack, tile } from './stack.ts'
export type { Tensor } from './tensor.ts'
export { flip, transpose } from './transpose.ts'
export { cos, sin } from './trigonometry.ts'
export { variance } from './variance.ts'
export { type Windows, windows } from './windows.ts'
