/** A contract's axes as loops over three operands: in which order, with which offsets, in which runs of constant step. */
import type { Axis, Contract } from '../../src/plan/kernel.ts'
import { collapse } from '../../src/plan/loop.ts'

/** An axis of a group that has one role. */
export type ContractAxis = Omit<Axis, 'role'>

export interface Oriented {
  readonly a: number
  readonly b: number
  readonly c: number
  /** Outer batches, batches inside of a cell, rows (groups, then rows of a group), columns, terms. */
  readonly outer: readonly ContractAxis[]
  readonly batch: readonly ContractAxis[]
  readonly groups: readonly ContractAxis[]
  readonly m: readonly ContractAxis[]
  readonly n: readonly ContractAxis[]
  readonly k: readonly ContractAxis[]
}

export const product = (loops: readonly ContractAxis[]): number => loops.reduce((p, l) => p * l.size, 1)

/** Byte offsets of every index, the last loop fastest. */
export const offsets = (loops: readonly ContractAxis[], of: 'a' | 'b' | 'c'): Int32Array => {
  let table = new Int32Array(1)
  for (const l of loops) {
    const next = new Int32Array(table.length * l.size)
    let at = 0
    for (const start of table) for (let i = 0; i < l.size; i++) next[at++] = start + 4 * i * l[of]
    table = next
  }
  return table
}

/** Loops that run, the longest steps of one operand first. */
export const sorted = (loops: readonly ContractAxis[], by: 'a' | 'c'): readonly ContractAxis[] =>
  loops.filter((l) => l.size > 1).toSorted((x, y) => Math.abs(y[by]) - Math.abs(x[by]))

/** Neighbours become one loop where the outer goes on, in every operand, where the inner ends. */
export const merged = (axes: readonly ContractAxis[]): readonly ContractAxis[] => collapse(axes, (l) => [l.a, l.b, l.c])

export const key = (loops: readonly ContractAxis[], of: readonly ('a' | 'b' | 'c')[]): string =>
  loops.map((l) => [l.size, ...of.map((o) => l[o])].join(':')).join(',')

export const orient = (
  x: Contract,
  swap: boolean,
  own: boolean,
  address: (operand: { readonly buffer: number; readonly offset: number }) => number,
): Oriented => {
  const role = { batch: 'batch', m: swap ? 'n' : 'm', n: swap ? 'm' : 'n', k: 'k' } as const
  const axes = x.axes.map((l) => ({
    role: role[l.role],
    size: l.size,
    a: swap ? l.b : l.a,
    b: swap ? l.a : l.b,
    c: l.c,
  }))
  const outer = own ? [] : axes.slice(0, x.outer)
  const inside = own ? axes : axes.slice(x.outer)
  // rows of the region that end in m axes form groups of rows of one product
  const cut = outer.reduce((last, l, i) => (l.role === 'm' ? last : i + 1), 0)
  const of = (r: 'batch' | 'm' | 'n' | 'k'): readonly ContractAxis[] => inside.filter((l) => l.role === r)
  return {
    a: address(swap ? x.b : x.a),
    b: address(swap ? x.a : x.b),
    c: address(x.c),
    outer: own ? of('batch').filter((l) => l.size > 1) : outer.slice(0, cut),
    batch: own ? [] : of('batch').filter((l) => l.size > 1),
    groups: outer.slice(cut),
    m: sorted(of('m'), 'a'),
    n: sorted(of('n'), 'c'),
    k: sorted(of('k'), 'a'),
  }
}

/** Runs of constant step within one block: [start of a, start of b, length] in bytes and elements. */
export const runsOf = (
  from: number,
  to: number,
  steps: readonly (readonly [table: Int32Array, step: number])[],
): readonly (readonly [start: number, length: number])[] => {
  const runs: (readonly [number, number])[] = []
  let start = from
  for (let i = from + 1; i <= to; i++)
    if (i === to || steps.some(([t, step]) => (t[i] ?? 0) - (t[i - 1] ?? 0) !== step)) {
      runs.push([start, i - start])
      start = i
    }
  return runs
}
