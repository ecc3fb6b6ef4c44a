/**
 * Makes a nest ready for code: sorts and merges its axes, chooses the axis that is computed four elements at a time,
 * and separates the structure, which becomes code, from the numbers, which become a descriptor in memory.
 */
import type { Nest } from '../../src/plan/kernel.ts'
import { collapse } from '../../src/plan/loop.ts'
import { type Expression, keyOf, numeral, type ScalarFunction } from '../../src/tensor/expression.ts'
import type { Fold } from '../../src/tensor/tensor.ts'
import { steps } from './expression.ts'

/** How an operand moves along the vector axis: not at all, to the next element, or by a stride. */
export type Movement = 'still' | 'next' | 'stride'

export interface OperandShape {
  readonly step: Movement
  /** Which of the other loops move it, as bits in their order. */
  readonly outer: readonly boolean[]
  readonly inner: readonly boolean[]
  readonly reduced: readonly boolean[]
}

/**
 * map: no reduction; kept: four kept elements at a time, each folded alone; reduced: four terms of one fold at a time.
 * Loops, outermost first: cells (outer axes, and pieces of the vector axis where it is split), inner, then reduced
 * around or inside of the vector axis. Operands are the loads, then the store.
 */
export interface NestShape {
  readonly style: 'map' | 'kept' | 'reduced'
  readonly fold: Fold | null
  readonly split: boolean
  /** How many vectors are in flight. */
  readonly copies: 1 | 2 | 4
  /**
   * The reduced loop (after the last of them, the vector axis) that runs in blocks, each with a sum of its own; null
   * where a sum is short enough to be added up term by term.
   */
  readonly blocked: number | null
  readonly expression: Expression
  readonly outer: number
  readonly inner: number
  readonly reduced: number
  readonly operands: readonly OperandShape[]
}

export interface NestPlan {
  readonly shape: NestShape
  /** Cells to be shared out; any range of them may be computed by one call. */
  readonly extent: number
  /** Elements that one cell computes or reads, whichever is more. */
  readonly work: number
  readonly words: readonly number[]
}

interface NestLoop {
  readonly size: number
  /** Elements a step of each operand; of the store 0 where the loop is reduced. */
  readonly strides: readonly number[]
}

const distance = (l: NestLoop, store: boolean): number => {
  const s = l.strides.at(-1) ?? 0
  return store ? Math.abs(s) : l.strides.reduce((sum, x) => sum + Math.abs(x), 0)
}

const merge = (loops: readonly NestLoop[]): readonly NestLoop[] => collapse(loops, (l) => l.strides)

const far = (store: boolean, loops: readonly NestLoop[]): readonly NestLoop[] =>
  loops
    .map((l, i) => ({ l, i }))
    .sort((a, b) => distance(b.l, store) - distance(a.l, store) || a.i - b.i)
    .map(({ l }) => l)

/** Cost an element of computing along a loop four at a time. */
const vectorCost = (l: NestLoop, reduced: boolean): number => {
  const moves = reduced ? l.strides.slice(0, -1) : l.strides
  const four = moves.reduce((sum, s) => sum + (s === 0 ? 0.3 : s === 1 ? 1 : 5), 2)
  const one = moves.length + 2
  return (Math.floor(l.size / 4) * four + (l.size % 4) * one) / l.size + (reduced ? 12 / l.size : 0)
}

const cheapest = (loops: readonly NestLoop[], reduced: boolean): { readonly at: number; readonly cost: number } =>
  loops.reduce(
    (best, l, at) => {
      const cost = vectorCost(l, reduced)
      return cost <= best.cost ? { at, cost } : best
    },
    { at: -1, cost: Number.POSITIVE_INFINITY },
  )

const product = (loops: readonly NestLoop[]): number => loops.reduce((p, l) => p * l.size, 1)
const without = (loops: readonly NestLoop[], at: number): readonly NestLoop[] => loops.filter((_, i) => i !== at)

/** Elements of a split vector axis in one cell; whole multiples of every unrolling. */
const pieces = { map: 2048, kept: 32 }

/** Pairs of vectors let the engine widen them, sums want more in flight to hide their latency. */
const copiesOf = (style: NestShape['style'], expression: Expression): NestShape['copies'] => {
  const work = steps(expression, () => false).length
  return style === 'map' ? 2 : work <= 6 ? 4 : work <= 24 ? 2 : 1
}

/** Terms of a sum that one number adds up; of more, blocks are added, as many as a block has terms. */
const longestRun = 64

interface Blocks {
  readonly loop: number
  /** Steps of the loop in one block; of the vector axis, numbers. */
  readonly length: number
}

/** Loops outside a sum, outermost first, and how many numbers its innermost one takes at a time. */
const blocksOf = (sizes: readonly number[], together: number): Blocks | null => {
  const turns = sizes.map((n, i) => (i === sizes.length - 1 ? Math.ceil(n / together) : n))
  const terms = turns.reduce((p, n) => p * n, 1)
  if (terms <= longestRun) return null
  const block = Math.ceil(Math.sqrt(terms))
  const insideOf = (loop: number): number => turns.slice(loop + 1).reduce((p, n) => p * n, 1)
  const loop = turns.findIndex((_, i) => insideOf(i) <= block)
  const steps = Math.max(1, Math.round(block / insideOf(loop)))
  return { loop, length: loop === sizes.length - 1 ? steps * together : steps }
}

/** `own`: the nest is alone in its region, so the rows that the plan names need not be the ones shared out. */
export const planNest = (nest: Nest, address: (buffer: number) => number, own: boolean): NestPlan => {
  const operands = [...nest.loads, nest.store]
  const loopsOf = (sizes: readonly number[], from: number, reduced: boolean): readonly NestLoop[] =>
    sizes.map((size, i) => ({
      size,
      strides: operands.map((o, j) => (reduced && j === nest.loads.length ? 0 : (o.strides[from + i] ?? 0))),
    }))
  const given = loopsOf(nest.outer, 0, false)
  const keptAll = loopsOf(nest.kept, nest.outer.length, false)
  const kept = merge(far(true, own ? [...given, ...keptAll] : keptAll))
  const reduced = merge(far(false, loopsOf(nest.reduced, nest.outer.length + nest.kept.length, true)))
  const [byKept, byReduced] = [cheapest(kept, false), cheapest(reduced, true)]
  const style = nest.fold === null ? 'map' : byReduced.cost < byKept.cost || kept.length === 0 ? 'reduced' : 'kept'
  const still: NestLoop = { size: 1, strides: operands.map(() => 0) }
  const vector = style === 'reduced' ? (reduced[byReduced.at] ?? still) : (kept[byKept.at] ?? still)
  const rest = style === 'reduced' ? kept : without(kept, byKept.at)
  const folds = style === 'reduced' ? without(reduced, byReduced.at) : reduced
  // the innermost of several short rows stays inside of a cell, so that cells are worth their address arithmetic
  const last = rest.at(-1)
  const inside =
    own && last !== undefined && product(rest) / last.size >= 32 && vector.size * product(folds) * last.size <= 4096
      ? 1
      : 0
  const outer = own ? rest.slice(0, rest.length - inside) : merge(given)
  const inner = own ? rest.slice(rest.length - inside) : rest
  const piece = style === 'reduced' || !own ? vector.size : Math.min(vector.size, pieces[style])
  const split = piece < vector.size && product(outer) < 64
  const step = split ? piece : Math.max(1, vector.size)
  const count = Math.ceil(vector.size / step)
  const shapes = operands.map((_, j): OperandShape => {
    const moved = (loops: readonly NestLoop[]): readonly boolean[] => loops.map((l) => l.strides[j] !== 0)
    const s = vector.strides[j] ?? 0
    return {
      step: s === 0 ? 'still' : s === 1 ? 'next' : 'stride',
      outer: moved(outer),
      inner: moved(inner),
      reduced: moved(folds),
    }
  })
  const copies = copiesOf(style, nest.expression)
  const foldSizes = [...folds, ...(style === 'reduced' ? [vector] : [])].map((l) => l.size)
  const blocks = nest.fold?.rounds === true ? blocksOf(foldSizes, style === 'reduced' ? 4 * copies : 1) : null
  const bytes = (loops: readonly NestLoop[], j: number): readonly number[] => loops.map((l) => 4 * (l.strides[j] ?? 0))
  return {
    shape: {
      style,
      fold: nest.fold,
      split,
      copies,
      blocked: blocks === null ? null : blocks.loop,
      expression: nest.expression,
      outer: outer.length,
      inner: inner.length,
      reduced: folds.length,
      operands: shapes,
    },
    extent: product(outer) * count,
    work: product(inner) * product(folds) * step,
    words: [
      count,
      step,
      vector.size,
      blocks === null ? 0 : blocks.length,
      ...[...outer, ...inner, ...folds].map((l) => l.size),
      ...operands.flatMap((o, j) => [
        address(o.buffer) + 4 * o.offset,
        ...bytes(outer, j),
        ...bytes(inner, j),
        ...bytes(folds, j),
        4 * (vector.strides[j] ?? 0),
      ]),
    ],
  }
}

/** Nests of one key share one function. */
export const nestKey = ({ fold, expression, ...numbers }: NestShape, id: (fn: ScalarFunction) => number): string =>
  [
    JSON.stringify(numbers),
    keyOf(expression, id),
    fold === null ? 'map' : `${numeral(fold.start)} ${keyOf(fold.combine, id)}`,
  ].join(' | ')
