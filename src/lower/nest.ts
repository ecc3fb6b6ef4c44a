/**
 * From a materialised node to a loop nest: the elementwise nodes below it become one scalar expression over strided
 * loads.
 */

import type { Nest } from '../plan/kernel.ts'
import { collapse, inMemoryOrder, type Loop, loopsOf } from '../plan/loop.ts'
import { constant, type Expression, operand, substitute } from '../tensor/expression.ts'
import type { Fold, Strided, Tensor } from '../tensor/tensor.ts'
import type { Draft } from './draft.ts'
import { type LoweringOf, through } from './views.ts'

/** The storage of a materialised node. */
export interface Home {
  readonly buffer: number
  readonly view: Strided
}

export interface Graph {
  readonly lowering: LoweringOf
  /** Null for a node that is computed at each use. */
  readonly home: (node: Tensor) => Home | null
  /** Told which node each part of a kernel's expression computes. */
  readonly computes: (part: Expression, node: Tensor) => void
}

/** The expression of a node over the loops of its shape, with its loads; `self` is computed, not read. */
const fused = (root: Tensor, g: Graph, self: Tensor | null): { expression: Expression; loads: readonly Home[] } => {
  const loads: Home[] = []
  const known = new Map<string, number>()
  const done = new Map<Tensor, Map<string, Expression>>()
  const ids = new Map<Tensor, number>()
  const id = (x: Tensor): number => {
    const n = ids.get(x) ?? ids.size
    ids.set(x, n)
    return n
  }
  /** `views` lead from the node to the loops, outermost first. */
  const walk = (node: Tensor, views: readonly Tensor[]): Expression => {
    const key = views.map(id).join(' ')
    const here = done.get(node) ?? new Map<string, Expression>()
    done.set(node, here)
    const before = here.get(key)
    if (before !== undefined) return before
    const e = visit(node, views)
    here.set(key, e)
    return e
  }
  const visit = (node: Tensor, views: readonly Tensor[]): Expression => {
    const home = node === self ? null : g.home(node)
    if (home !== null) {
      const view = through(home.view, views.toReversed(), g.lowering)
      const text = `${home.buffer} ${view.offset} ${view.strides.join(' ')}`
      const index = known.get(text) ?? loads.push({ buffer: home.buffer, view }) - 1
      known.set(text, index)
      return operand(index)
    }
    const l = g.lowering(node)
    const [first] = node.inputs
    if (l.kind === 'view' && first !== undefined) return walk(first, [...views, node])
    if (l.kind === 'map') {
      const args = node.inputs.map((x) => walk(x, views))
      const e = substitute(l.expression, (i) => args[i] ?? constant(Number.NaN))
      g.computes(e, node)
      return e
    }
    throw new Error(`schedule: ${node.op} has no buffer`)
  }
  return { expression: walk(root, []), loads }
}

const stepsOf = (l: Loop): readonly number[] => l.steps

const nest = (
  name: string,
  store: Home,
  loads: readonly Home[],
  expression: Expression,
  kept: readonly Loop[],
  reduced: readonly Loop[],
  fold: Nest['fold'],
): Draft => ({
  name,
  operands: [store, ...loads].map((h) => ({ buffer: h.buffer, offset: h.view.offset })),
  parallel: collapse(inMemoryOrder(kept), stepsOf),
  body: { kind: 'nest', expression, fold, reduced: collapse(reduced, stepsOf) },
})

/**
 * store = node, element by element: an elementwise node (`self` is the node), or a copy from elsewhere (`self` is
 * null).
 */
export const mapNest = (name: string, node: Tensor, store: Home, g: Graph, self: Tensor | null): Draft => {
  const f = fused(node, g, self)
  const loops = loopsOf(node.shape, [store.view.strides, ...f.loads.map((l) => l.view.strides)])
  return nest(name, store, f.loads, f.expression, loops, [], null)
}

/** store = reduction of the node's input over its axes, which have size 1 in the store. */
export const reduceNest = (
  name: string,
  node: Tensor,
  fold: Fold,
  axes: readonly number[],
  store: Home,
  g: Graph,
): Draft => {
  const [x] = node.inputs
  if (x === undefined) throw new Error('schedule: a reduction has one input')
  const source = fused(x, g, null)
  const loops = loopsOf(x.shape, [store.view.strides, ...source.loads.map((l) => l.view.strides)])
  const [kept, reduced] = [loops.filter((_, i) => !axes.includes(i)), loops.filter((_, i) => axes.includes(i))]
  const inside = reduced.map((l) => ({ size: l.size, steps: l.steps.map((s, i) => (i === 0 ? 0 : s)) }))
  return nest(name, store, source.loads, source.expression, kept, inside, fold)
}

/** store = a constant everywhere. */
export const fillNest = (name: string, value: number, store: Home): Draft =>
  nest(name, store, [], constant(value), loopsOf(store.view.shape, [store.view.strides]), [], null)

/** store = the contents of `from`, which has the same shape. */
export const copyNest = (name: string, from: Home, store: Home): Draft =>
  nest(name, store, [from], operand(0), loopsOf(store.view.shape, [store.view.strides, from.view.strides]), [], null)
