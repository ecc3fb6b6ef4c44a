/** Rows chosen by an index, and labels as rows: `gather`, `oneHot` and the cross-entropy of labels. */
import { arange } from './arange.ts'
import { eq, neg, where } from './arithmetic.ts'
import { axisOf, range, sizeAt } from './axes.ts'
import { placesOf } from './below.ts'
import { sumKept } from './broadcast.ts'
import { contract } from './contraction.ts'
import { configured, operation, orThrow, refuse } from './errors.ts'
import { literal } from './leaf.ts'
import { logSoftmax } from './logSumExp.ts'
import { lawful } from './primitive.ts'
import { sum } from './reduction.ts'
import { reshape } from './reshape.ts'
import { sameShape, size } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { transpose } from './transpose.ts'

const example = literal(Float64Array.of(2, 0, 2), [3])

/** 1 where the class is the index, else 0; no gradient flows. index [..i] -> [..i, n]; the index must be below n. */
export const oneHot = lawful(
  'oneHot',
  { interval: [-4, 4] },
  configured('oneHot', (n: number) => (index: Tensor): Tensor => {
    const places = orThrow('oneHot', [index], placesOf(index, n))
    return eq(reshape([...index.shape, 1])(places), arange(n))
  }),
  (f) => [{ shapes: [[3, 4]], f: (x) => where(f(4)(example), x, 0) }],
)

/** Axes up to this long are folded; longer ones are a product with a one-hot of at most so many numbers. */
const [longestFold, largestOneHot] = [256, 2 ** 26]

/** The sum over the axis of what stands at the place, which is one element: no one-hot is kept. */
const byFold = (x: Tensor, axis: number, index: Tensor): Tensor => {
  const n = sizeAt(x.shape, axis)
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)]
  const ones = (of: readonly number[]): readonly number[] => of.map(() => 1)
  const places = reshape([...index.shape, 1, ...ones(after)])(index)
  const rows = reshape([...before, ...ones(index.shape), n, ...after])(x)
  const chosen = where(eq(places, reshape([n, ...ones(after)])(arange(n))), rows, 0)
  return reshape([...before, ...index.shape, ...after])(sumKept([axis + index.shape.length])(chosen))
}

const byProduct = (x: Tensor, axis: number, index: Tensor): Tensor => {
  const [rank, rest] = [index.shape.length, x.shape.length - 1]
  const chosen = contract({ sum: [[rank, axis]] })(oneHot(sizeAt(x.shape, axis))(index), x)
  return transpose([...range(axis, rank), ...range(rank), ...range(rest - axis, rank + axis)])(chosen)
}

/**
 * Rows of an axis by their places: x [..a, n, ..b], index [..i] -> [..a, ..i, ..b]; PyTorch's `index_select`, NumPy's
 * `take`. A row that is chosen twice has both gradients added. The index must be known to be below n (`index`, or whole
 * numbers), so that no place is beyond the axis. Axes longer than 256 are a product with a one-hot, in which a row that is
 * infinite or NaN spoils the others; it may have 2^26 numbers.
 */
export const gather = lawful(
  'gather',
  { interval: [-4, 4] },
  configured('gather', (axis: number, index: Tensor) => (x: Tensor): Tensor => {
    const a = orThrow('gather', [x], axisOf(axis, x.shape.length))
    const n = sizeAt(x.shape, a)
    const places = orThrow('gather', [x], placesOf(index, n))
    if (n <= longestFold) return byFold(x, a, places)
    return size(index.shape) * n <= largestOneHot
      ? byProduct(x, a, places)
      : refuse(`${size(index.shape)} places of an axis of ${n} need a one-hot of more than ${largestOneHot} numbers`)
  }),
  (f) => [
    { shapes: [[3, 2]], f: (x) => f(0, example)(x) },
    { shapes: [[2, 3, 2]], f: (x) => f(-2, reshape([3, 1])(example))(x) },
    { shapes: [[2, longestFold + 4]], f: (x) => f(1, example)(x) },
  ],
)

/**
 * -log softmax(logits) at the label of every row: logits [..b, k], labels [..b], an index below k -> [..b]; its mean is
 * PyTorch's `cross_entropy`.
 */
export const crossEntropy = lawful(
  'crossEntropy',
  { interval: [-4, 4] },
  operation('crossEntropy', (logits: Tensor, labels: Tensor): Tensor => {
    const classes = logits.shape.at(-1)
    if (classes === undefined || !sameShape(labels.shape, logits.shape.slice(0, -1)))
      return refuse('expected logits [..b, k] and labels [..b]')
    return neg(sum(-1)(where(oneHot(classes)(labels), logSoftmax(-1)(logits), 0)))
  }),
  (f) => [{ shapes: [[3, 4]], f: (x) => f(x, example) }],
)
