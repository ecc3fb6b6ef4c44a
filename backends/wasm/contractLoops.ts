/** A contract's axes as loops over three operands: in which order, with which offsets, in which runs of constant step. */
import type { Contract } from '../../src/plan/kernel.ts'

export interface Loop {
  readonly size: number
  readonly a: number
  readonly b: number
  readonly c: number
}

export interface Oriented {
  readonly a: number
  readonly b: number
  readonly c: number
  /** Outer batches, batches inside of a cell, rows (groups, then rows of a group), columns, terms. */
  readonly outer: readonly Loop[]
  readonly batch: readonly Loop[]
  readonly groups: readonly Loop[]
  readonly m: readonly Loop[]
  readonly n: readonly Loop[]
  readonly k: readonly Loop[]
}

export const product = (loops: readonly Loop[]): number => loops.reduce((p, l) => p * l.size, 1)

/** Byte offsets of every index, the last loop fastest. */
export const offsets = (loops: readonly Loop[], of: 'a' | 'b' | 'c'): Int32Array => {
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
export const sorted = (loops: readonly Loop[], by: 'a' | 'c'): readonly Loop[] =>
  loops.filter((l) => l.size > 1).toSorted((x, y) => Math.abs(y[by]) - Math.abs(x[by]))

/** Neighbours become one loop where the outer goes on, in every operand, where the inner ends. */
export const merged = (loops: readonly Loop[]): readonly Loop[] =>
  loops.reduce<readonly Loop[]>((done, l) => {
    const last = done.at(-1)
    const even = last !== undefined && last.a === l.a * l.size && last.b === l.b * l.size && last.c === l.c * l.size
    return even ? [...done.slice(0, -1), { ...l, size: last.size * l.size }] : [...done, l]
  }, [])

export const key = (loops: readonly Loop[], of: readonly ('a' | 'b' | 'c')[]): string =>
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
  const of = (r: 'batch' | 'm' | 'n' | 'k'): readonly Loop[] => inside.filter((l) => l.role === r)
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
