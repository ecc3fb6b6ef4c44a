/**
 * The operations for models. Binary maths is data-first, `add(a, b)`, with NumPy's broadcasting and plain numbers; configured
 * operations are data-last, `reshape([2, 3])(x)`, so that they pipe. Names are NumPy's.
 */
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
export type { Axes } from './axes.ts'
export type { Box } from './box.ts'
export { broadcast } from './broadcast.ts'
export { gelu, groupNormalise, normalise, silu, softmax } from './composite.ts'
export { contract } from './contraction.ts'
export { type Conv, conv } from './convolution.ts'
export { configured, operation, ShapeError } from './errors.ts'
export { exp, log, sigmoid, sqrt, tanh } from './exponential.ts'
export { full, input, literal } from './leaf.ts'
export { matmul } from './matmul.ts'
export { fold, max, mean, min, type Reduction, reduction, sum } from './reduction.ts'
export { reshape } from './reshape.ts'
export { binary, type Operand, ternary, unary } from './scalar.ts'
export { concat, place, slice, take } from './slice.ts'
export type { Tensor } from './tensor.ts'
export { flip, transpose } from './transpose.ts'
export { type Windows, windows } from './windows.ts'
