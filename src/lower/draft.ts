/**
 * A kernel before its parallel loops are divided into rows: it becomes a kernel of its own, or part of a region whose
 * kernels share their rows.
 */

import type { Axis, Kernel, Nest, Operand } from '../plan/kernel.ts'
import { type Loop, leading, partOf, rangeOf } from '../plan/loop.ts'
import type { Plan } from '../plan/plan.ts'
import { at } from '../tensor/axes.ts'
import type { Expression } from '../tensor/expression.ts'
import { size } from '../tensor/shape.ts'
import { rowsOf } from './rows.ts'

export interface Draft {
  readonly name: string
  /** Operands: the store, then the loads; every loop has a stride for each. A contract has c, a, b. */
  readonly operands: readonly { readonly buffer: number; readonly offset: number }[]
  /** Loops that may run in any order, outermost first. */
  readonly parallel: readonly Loop[]
  readonly body:
    | {
        readonly kind: 'nest'
        readonly expression: Expression
        readonly fold: Nest['fold']
        readonly reduced: readonly Loop[]
      }
    | { readonly kind: 'contract'; readonly n: readonly Loop[]; readonly k: readonly Loop[] }
}

/** A plan before its kernels are divided into rows and regions; drafts are in execution order. */
export type DraftPlan = Omit<Plan, 'regions' | 'lifetimes'> & { readonly drafts: readonly Draft[] }

/** Loops that must stay inside a row: no row boundary may divide them. */
const inside = (d: Draft): readonly Loop[] => (d.body.kind === 'nest' ? d.body.reduced : [...d.body.n, ...d.body.k])

const sizes = (loops: readonly Loop[]): readonly number[] => loops.map((l) => l.size)

/** Rows of m that one row of a stand-alone product holds: dozens of groups of a microkernel, so that the remainder is
 * small. Not measured. */
const productRows = 256

/** How a draft divides when it stands alone. */
const alone = (d: Draft): { readonly outer: readonly Loop[]; readonly inner: readonly Loop[] } => {
  if (d.body.kind === 'nest') {
    const { outer, kept } = rowsOf(d.parallel, size(sizes(d.body.reduced)))
    return { outer, inner: kept }
  }
  const at = d.parallel.findLastIndex((l, i) => isBatch(l) || size(sizes(d.parallel.slice(i))) >= productRows)
  const last = d.parallel[at]
  const cut = last !== undefined && isBatch(last) ? at + 1 : Math.max(0, at)
  return { outer: d.parallel.slice(0, cut), inner: d.parallel.slice(cut) }
}

/** Steps of b tell batch from m. */
const isBatch = (l: Loop): boolean => at(l.steps, 2) !== 0

const axis =
  (role: Axis['role']) =>
  (l: Loop): Axis => ({ role, size: l.size, a: at(l.steps, 1), b: at(l.steps, 2), c: at(l.steps, 0) })

/** Contiguous elements that a row should keep together: a cache line in float32. */
const run = 16

/** Rows of a product that are kept together: two groups of six, the size of a microkernel's group (docs/kernels.md). */
const tile = 12

/** Whether rows would split what the kernel reads contiguously, or what a microkernel computes together. */
const cutsRuns = (d: Draft, outer: readonly Loop[], inner: readonly Loop[]): boolean => {
  if (d.body.kind === 'contract') {
    const rows = (loops: readonly Loop[]): number => size(sizes(loops.filter((l) => !isBatch(l))))
    const step = (l: Loop): number => Math.abs(at(l.steps, 1))
    // a weight's gradient: terms lie farther apart than rows, every row would walk through all of a
    const terms = Math.max(0, ...d.body.k.map(step))
    return rows(inner) < Math.min(tile, rows(d.parallel)) || outer.some((l) => !isBatch(l) && step(l) < terms)
  }
  const last = d.parallel.at(-1)
  return last?.steps.slice(1).includes(1) === true && (inner.at(-1)?.size ?? 1) < Math.min(run, last.size)
}

/** The kernel with `extent` rows, or with its preferred division if `extent` is null; null if it does not divide so. */
export const kernelOf = (d: Draft, extent: number | null): Kernel | null => {
  const rows = extent === null ? alone(d) : leading(d.parallel, extent, partOf)
  if (rows === null || (extent !== null && cutsRuns(d, rows.outer, rows.inner))) return null
  const { outer, inner } = rows
  const [store, first, second] = d.operands
  if (store === undefined) return null
  if (d.body.kind === 'contract') {
    if (first === undefined || second === undefined) return null
    const parallel = [...outer, ...inner].map((l) => axis(isBatch(l) ? 'batch' : 'm')(l))
    return {
      kind: 'contract',
      name: d.name,
      outer: outer.length,
      axes: [...parallel, ...d.body.n.map(axis('n')), ...d.body.k.map(axis('k'))],
      a: first,
      b: second,
      c: store,
    }
  }
  const stored = [...outer, ...inner]
  const read = [...stored, ...d.body.reduced]
  const operand = (loops: readonly Loop[], i: number): Operand => ({
    ...at(d.operands, i),
    strides: loops.map((l) => at(l.steps, i)),
  })
  return {
    kind: 'nest',
    name: d.name,
    outer: sizes(outer),
    kept: sizes(inner),
    reduced: sizes(d.body.reduced),
    fold: d.body.fold,
    expression: d.body.expression,
    loads: d.operands.slice(1).map((_, i) => operand(read, i + 1)),
    store: operand(stored, 0),
  }
}

/** Numbers of rows into which a draft divides naturally, fewest first. */
export const extentsOf = (d: Draft): readonly number[] => {
  const prefixes = d.parallel.map((_, i) => size(sizes(d.parallel.slice(0, i + 1))))
  return [...new Set([...prefixes, size(sizes(alone(d).outer))])].toSorted((a, b) => a - b)
}

/**
 * With `extent` rows, does row r touch only its own part of a buffer, elements [r * width, (r + 1) * width), in every
 * operand that lies in it?
 */
export const keepsToItsRow = (d: Draft, extent: number, buffer: number, width: number): boolean => {
  const rows = leading(d.parallel, extent, partOf)
  if (rows === null) return false
  const within = [...rows.inner, ...inside(d)]
  return d.operands.every((o, i) => {
    if (o.buffer !== buffer) return true
    const step = (l: Loop): number => at(l.steps, i)
    const [low, high] = rangeOf(
      o.offset,
      within.map((l) => [l.size, step(l)]),
    )
    const even = rows.outer.every((l, j) => step(l) === width * size(sizes(rows.outer.slice(j + 1))))
    return even && low >= 0 && high < width
  })
}
