/**
 * Long sums in stages, which are fixed by shapes alone, so that bits never depend on threads: reductions fold neighbouring
 * axes, and a weight's gradient is one product an image, then their sum.
 */
import { at, sizeAt } from '../tensor/axes.ts'
import { sumKept, sumPrimitive } from '../tensor/broadcast.ts'
import { contract } from '../tensor/contraction.ts'
import { reshape } from '../tensor/reshape.ts'
import { size } from '../tensor/shape.ts'
import type { Rewrite } from './rewrite.ts'

/** Largest number of elements that one row of a reduction folds before the outermost axis becomes a stage of its own. */
const longestFold = 512

/**
 * One reduction kernel folds neighbouring axes: separated groups are folded one after another from the outside, where
 * the kept inner axis is contiguous, and a long fold into few numbers keeps its outermost axis for a second stage.
 */
export const stageReductions: Rewrite = (node) => {
  const summed = sumPrimitive.match(node)
  if (summed === null) return null
  const [x] = summed.x
  const axes = x.shape.flatMap((n, i) => (n > 1 && node.shape[i] === 1 ? [i] : []))
  const real = x.shape.flatMap((n, i) => (n > 1 ? [i] : []))
  const gap = axes.findIndex((a, i) => i > 0 && real.indexOf(a) !== real.indexOf(at(axes, i - 1)) + 1)
  if (gap > 0) return sumKept(axes.slice(gap))(sumKept(axes.slice(0, gap))(x))
  const [outermost, ...rest] = axes
  const folded = size(axes.map((a) => sizeAt(x.shape, a)))
  const long = folded > longestFold && size(node.shape) < 8 * longestFold && rest.length > 0
  return long && outermost !== undefined ? sumKept([outermost])(sumKept(rest)(x)) : null
}

/** Products that are summed over at least this many are staged, if each stage is still this long. */
const [longSum, worthwhileSum] = [4096, 256]
/** Numbers that the stages of a product may take together. */
const mostPartial = 1 << 21

/**
 * A weight's gradient sums over all pixels of all images and gives few numbers: one product an image, then their sum.
 * Each stage reads what the image's own backward pass has just written.
 */
export const stageProducts: Rewrite = (node) => {
  const lowering = node.rule.lower()
  const [a, b] = node.inputs
  if (lowering.kind !== 'contract' || a === undefined || b === undefined) return null
  const { batch, sum } = lowering.spec
  const [first, ...rest] = sum
  if (batch.length > 0 || first === undefined || first[0] !== 0 || first[1] !== 0) return null
  const images = sizeAt(a.shape, 0)
  const each = size(rest.map(([i]) => sizeAt(a.shape, i)))
  const long = images > 1 && images * each >= longSum && each >= worthwhileSum
  if (!long || images * size(node.shape) > mostPartial) return null
  return reshape(node.shape)(sumKept([0])(contract({ batch: [[0, 0]], sum: rest })(a, b)))
}
