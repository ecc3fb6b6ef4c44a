/**
 * Long sums in stages: a reduction or a product that folds many terms becomes several shorter ones. The stages depend
 * on shapes alone, so that bits never depend on threads.
 */

import { contract } from '../tensor/contraction.ts'
import { reshape } from '../tensor/movement.ts'
import { sum } from '../tensor/reduction.ts'
import { size } from '../tensor/shape.ts'
import type { Attribute, Tensor } from '../tensor/tensor.ts'

/** A rewrite gives an equal tensor that is closer to normal form, or null where it does not apply. */
export type Rewrite = (node: Tensor) => Tensor | null

const numbers = (a: Attribute | undefined): readonly number[] =>
  Array.isArray(a) ? a.filter((n): n is number => typeof n === 'number') : []

/** Largest number of elements that one row of a reduction folds before the outermost axis becomes a stage of its own. */
const longestFold = 512

/**
 * One reduction kernel folds neighbouring axes: separated groups are folded one after another from the outside, where
 * the kept inner axis is contiguous, and a long fold into few numbers keeps its outermost axis for a second stage. The
 * stages depend on shapes alone, so that bits never depend on threads.
 */
export const stageReductions: Rewrite = (node) => {
  const [x] = node.inputs
  if (node.op !== 'sum' || x === undefined) return null
  const axes = x.shape.flatMap((n, i) => (n > 1 && node.shape[i] === 1 ? [i] : []))
  const real = x.shape.flatMap((n, i) => (n > 1 ? [i] : []))
  const gap = axes.findIndex((a, i) => i > 0 && real.indexOf(a) !== real.indexOf(axes[i - 1] ?? a) + 1)
  if (gap > 0) return sum(axes.slice(gap))(sum(axes.slice(0, gap))(x))
  const [outermost, ...rest] = axes
  const folded = size(axes.map((a) => x.shape[a] ?? 1))
  const long = folded > longestFold && size(node.shape) < 8 * longestFold && rest.length > 0
  return long && outermost !== undefined ? sum([outermost])(sum(rest)(x)) : null
}

/** Products that are summed over at least this many are staged, if each stage is still this long. */
const [longSum, worthwhileSum] = [4096, 256]
/** Numbers that the stages of a product may take together. */
const mostPartial = 1 << 21

/**
 * A weight's gradient sums over all pixels of all images and gives few numbers: one product an image, then their sum.
 * Each stage reads what the image's own backward pass has just written, and the stages are fixed by shapes alone.
 */
export const stageProducts: Rewrite = (node) => {
  const [a, b] = node.inputs
  if (node.op !== 'contract' || a === undefined || b === undefined) return null
  const [batch, sumA, sumB] = [
    numbers(node.attributes.batchA),
    numbers(node.attributes.sumA),
    numbers(node.attributes.sumB),
  ]
  const [first, ...rest] = sumA
  const images = a.shape[0] ?? 1
  const each = size(rest.map((i) => a.shape[i] ?? 1))
  const long = images > 1 && images * each >= longSum && each >= worthwhileSum
  if (batch.length > 0 || first !== 0 || sumB[0] !== 0 || !long || images * size(node.shape) > mostPartial) return null
  const pairs = rest.map((i, at): readonly [number, number] => [i, sumB[at + 1] ?? 0])
  return reshape(node.shape)(sum([0])(contract({ batch: [[0, 0]], sum: pairs })(a, b)))
}
