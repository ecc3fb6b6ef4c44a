/**
 * Long sums in stages: a reduction or a product over many terms becomes several shorter ones, so that float32 never adds
 * many terms one after another, and so that there is parallel work. The stages depend on shapes only: results never depend
 * on the number of threads.
 *
 * Not here: how a kernel adds the terms of one stage (`backends`).
 */

import { add, mul } from '../tensor/arithmetic.ts'
import { at } from '../tensor/axes.ts'
import { broadcast, sumKept as sum, sumPrimitive } from '../tensor/broadcast.ts'
import { contract } from '../tensor/contraction.ts'
import { reshape } from '../tensor/reshape.ts'
import { type Shape, size } from '../tensor/shape.ts'
import { take } from '../tensor/slice.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { transpose } from '../tensor/transpose.ts'
import { windowsPrimitive } from '../tensor/windows.ts'
import type { Rewrite } from './rewrite.ts'

type Pairs = readonly (readonly [a: number, b: number])[]

/** Sizes of some axes of a shape, in the order of the axes given. */
const sizesOf = (shape: Shape, axes: readonly number[]): readonly number[] =>
  axes.flatMap((axis) => shape.slice(axis, axis + 1))

/** Elements [from, to) of one axis. */
const part = (x: Tensor, axis: number, from: number, to: number): Tensor => take(axis, from, to)(x)

/** Splits one axis in two, the outer of the given size. */
const divided = (x: Tensor, axis: number, outer: number): Tensor =>
  reshape(x.shape.flatMap((n, i) => (i === axis ? [outer, n / outer] : [n])))(x)

/** Whole pieces of a given number of terms, and the remaining terms. */
interface Pieces {
  readonly count: number
  readonly whole: number
}

/** Pieces of at most `most` terms: of a length that divides the terms evenly, unless that is much shorter. */
const piecesOf = (terms: number, most: number): Pieces => {
  for (let length = most; length >= most / 8; length--)
    if (terms % length === 0) return { count: terms / length, whole: terms }
  const count = Math.floor(terms / most)
  return { count, whole: count * most }
}

/** Largest number of elements that one row of a reduction folds before the outermost axis becomes its own stage. */
const longestFold = 512

/** Terms of one axis, or of any result, that one stage of a reduction folds. */
const longestStage = 4096

/** A single long axis: the sums of its pieces, and their sum; the remainder is a sum of its own. */
const stageAxis = (x: Tensor, axis: number): Tensor => {
  const terms = size(sizesOf(x.shape, [axis]))
  const { count, whole } = piecesOf(terms, longestStage)
  const pieces = divided(whole === terms ? x : part(x, axis, 0, whole), axis, count)
  const all = sum([axis])(sum([axis + 1])(pieces))
  const total = reshape(x.shape.map((n, i) => (i === axis ? 1 : n)))(all)
  return whole === terms ? total : add(total, sum([axis])(part(x, axis, whole, terms)))
}

/**
 * One reduction kernel reduces adjacent axes: separated groups are reduced one after another from the outside, where the
 * kept inner axis is contiguous. A long reduction of several axes to few results keeps its outermost axis for a second
 * stage, and one long axis is reduced in pieces.
 */
export const stageReductions: Rewrite = (node) => {
  const summed = sumPrimitive.match(node)
  if (summed === null) return null
  const [x] = summed.x
  const axes = x.shape.flatMap((n, i) => (n > 1 && node.shape[i] === 1 ? [i] : []))
  const real = x.shape.flatMap((n, i) => (n > 1 ? [i] : []))
  const gap = axes.findIndex((a, i) => i > 0 && real.indexOf(a) !== real.indexOf(at(axes, i - 1)) + 1)
  if (gap > 0) return sum(axes.slice(gap))(sum(axes.slice(0, gap))(x))
  const [outermost, ...rest] = axes
  if (outermost === undefined) return null
  const folded = size(sizesOf(x.shape, axes))
  if (rest.length === 0) return folded > longestStage ? stageAxis(x, outermost) : null
  const few = size(node.shape) < 8 * longestFold
  return folded > (few ? longestFold : longestStage) ? sum([outermost])(sum(rest)(x)) : null
}

/** Products summed over at least this many terms are staged, if each stage is still this long. */
const [longSum, worthwhileSum] = [4096, 256]
/** Elements that the stages of a product may take together. */
const mostPartial = 1 << 21

/** A product as its operands, its pairs of batch axes, and its pairs of contracted axes. */
interface Product {
  readonly a: Tensor
  readonly b: Tensor
  readonly batch: Pairs
  readonly sum: Pairs
  readonly terms: number
}

const productOf = (node: Tensor): Product | null => {
  const [a, b] = node.inputs
  const lowering = node.rule.lower()
  if (lowering.kind !== 'contract' || a === undefined || b === undefined) return null
  const { batch, sum } = lowering.spec
  const axes = sum.map(([i]) => i)
  return { a, b, batch, sum, terms: size(sizesOf(a.shape, axes)) }
}

/**
 * A weight gradient sums over all pixels of all images and gives few results: one product per image, then their sum. Each
 * stage reads what the image's own backward pass has just written.
 */
const stageImages = ({ a, b, batch, sum: pairs, terms }: Product, shape: Shape): Tensor | null => {
  const [first, ...rest] = pairs
  if (batch.length > 0 || first === undefined || first[0] !== 0 || first[1] !== 0) return null
  const images = size(sizesOf(a.shape, [0]))
  const long = images > 1 && terms >= longSum && terms / images >= worthwhileSum
  if (!long || images * size(shape) > mostPartial) return null
  return reshape(shape)(sum([0])(contract({ batch: [first], sum: rest })(a, b)))
}

/**
 * The number of results up to which a product is better reduced than multiplied, and the number of terms from which it
 * is.
 */
const [fewResults, longFold] = [16, 4096]

/**
 * Terms of a product beyond which the sums of its blocks are too many to be added one after another. A convolution, for
 * which a backend may have a faster algorithm, stays whole for longer.
 */
const [longestProduct, longestConvolution] = [1 << 16, 1 << 18]

const free = (x: Tensor, taken: readonly number[]): readonly number[] =>
  x.shape.flatMap((_, i) => (taken.includes(i) ? [] : [i]))

/** A product of few results as a sum of products, which a reduction adds accurately. */
const asFold = ({ a, b, batch, sum: pairs }: Product, shape: Shape): Tensor => {
  const [batchA, batchB] = [batch.map(([i]) => i), batch.map(([, j]) => j)]
  const [sumA, sumB] = [pairs.map(([i]) => i), pairs.map(([, j]) => j)]
  const [freeA, freeB] = [free(a, [...batchA, ...sumA]), free(b, [...batchB, ...sumB])]
  const one = (axes: readonly number[]): readonly number[] => axes.map(() => 1)
  const terms = sizesOf(a.shape, sumA)
  const left = reshape([...sizesOf(a.shape, [...batchA, ...freeA]), ...one(freeB), ...terms])(
    transpose([...batchA, ...freeA, ...sumA])(a),
  )
  const right = reshape([...sizesOf(b.shape, batchB), ...one(freeA), ...sizesOf(b.shape, freeB), ...terms])(
    transpose([...batchB, ...freeB, ...sumB])(b),
  )
  const whole = [...shape, ...terms]
  const folded = sum(terms.map((_, i) => shape.length + i))(mul(broadcast(whole)(left), broadcast(whole)(right)))
  return reshape(shape)(folded)
}

/**
 * A very long product in pieces of its longest axis: one product per piece, then their sum; the remainder is separate.
 */
const stagePieces = ({ a, b, batch, sum: pairs, terms }: Product, shape: Shape): Tensor | null => {
  const length = ([i]: readonly [number, number]): number => size(sizesOf(a.shape, [i]))
  const [longest] = pairs.toSorted((p, q) => length(q) - length(p))
  if (longest === undefined) return null
  const [i, j] = longest
  const inside = terms / length(longest)
  const room = Math.max(longFold, (terms * size(shape)) / mostPartial)
  const { count, whole } = piecesOf(length(longest), Math.max(1, Math.ceil(room / inside)))
  if (count < 2) return null
  const [x, y] = whole === length(longest) ? [a, b] : [part(a, i, 0, whole), part(b, j, 0, whole)]
  const moved = ([p, q]: readonly [number, number]): readonly [number, number] => [p < i ? p : p + 1, q < j ? q : q + 1]
  const inner = contract({
    batch: [[i, j], ...batch.map(moved)],
    sum: pairs.map((pair) => (pair === longest ? [i + 1, j + 1] : moved(pair))),
  })(divided(x, i, count), divided(y, j, count))
  const all = reshape(shape)(sum([0])(inner))
  if (whole === length(longest)) return all
  const rest = contract({ batch, sum: pairs })(part(a, i, whole, length(longest)), part(b, j, whole, length(longest)))
  return add(all, rest)
}

/** Products of many terms: image by image, as a reduction, or in pieces. */
export const stageProducts: Rewrite = (node) => {
  const product = productOf(node)
  if (product === null) return null
  if (product.terms > longFold && size(node.shape) <= fewResults) return asFold(product, node.shape)
  const whole = windowsPrimitive.match(product.a) !== null ? longestConvolution : longestProduct
  return stageImages(product, node.shape) ?? (product.terms > whole ? stagePieces(product, node.shape) : null)
}
