/**
 * Where the time of a plan goes: times of kernels beside what each of them had to do. Equal kernels (one structure, one
 * shape) become one line. Pure; how it is printed is the command line's.
 */
import { at } from '../tensor/axes.ts'
import { show } from '../tensor/expression.ts'
import type { KernelTime, Limits } from './backend.ts'
import { flops, traffic } from './cost.ts'
import type { Kernel } from './kernel.ts'
import type { Plan } from './plan.ts'

export const kinds = ['contract', 'nest map', 'nest fold'] as const
export type Kind = (typeof kinds)[number]

/** One kernel of the plan, or several that are equal; everything is of one run. */
export interface Line {
  readonly kind: Kind
  /** Structure and shape in words, the same for equal kernels. */
  readonly what: string
  readonly calls: number
  /** Names and regions of the kernels. */
  readonly at: readonly { readonly region: number; readonly name: string }[]
  readonly milliseconds: number
  readonly flops: number
  /** Read and written, every element once a kernel. */
  readonly bytes: number
}

const kindOf = (k: Kernel): Kind => (k.kind === 'contract' ? 'contract' : k.fold === null ? 'nest map' : 'nest fold')

const times = (sizes: readonly number[]): string => (sizes.length === 0 ? '1' : sizes.join('x'))

const roles = [
  ['batch', 'b'],
  ['m', 'm'],
  ['n', 'n'],
  ['k', 'k'],
] as const

/** `contract m16384 n256 k3x3x64`, `map 16384x64: mul(x0, x1)`, `sum 16384 over 64: x0`. */
export const structure = (k: Kernel): string => {
  if (k.kind === 'contract') {
    const sizes = roles.flatMap(([role, letter]) => {
      const of = k.axes.flatMap((x) => (x.role === role ? [x.size] : []))
      return of.length === 0 ? [] : [`${letter}${times(of)}`]
    })
    return ['contract', ...sizes].join(' ')
  }
  const over = k.fold === null ? '' : ` over ${times(k.reduced)}`
  return `${k.fold?.name ?? 'map'} ${times([...k.outer, ...k.kept])}${over}: ${show(k.expression)}`
}

/** A line a kernel, in the order of the plan, with the time of one of `runs` runs. */
export const kernelLines = (
  plan: Plan,
  taken: readonly KernelTime[],
  { runs, precision }: { readonly runs: number; readonly precision: 'f32' | 'f64' },
): readonly Line[] => {
  const each = precision === 'f32' ? 4 : 8
  const spent = plan.regions.map((r) => r.kernels.map(() => 0))
  for (const { region, kernel, milliseconds } of taken) {
    const row = spent[region]
    if (row?.[kernel] !== undefined) row[kernel] += milliseconds / runs
  }
  return plan.regions.flatMap((r, region) =>
    r.kernels.map((k, i) => ({
      kind: kindOf(k),
      what: structure(k),
      calls: 1,
      at: [{ region, name: k.name }],
      milliseconds: at(at(spent, region), i),
      flops: flops(k),
      bytes: each * traffic(k),
    })),
  )
}

const join = (a: Line, b: Line): Line => ({
  ...a,
  calls: a.calls + b.calls,
  at: [...a.at, ...b.at],
  milliseconds: a.milliseconds + b.milliseconds,
  flops: a.flops + b.flops,
  bytes: a.bytes + b.bytes,
})

const gathered = (lines: readonly Line[], key: (line: Line) => string): readonly Line[] => {
  const groups = Map.groupBy(lines, key)
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group
    return first === undefined ? [] : [others.reduce(join, first)]
  })
}

/** Equal kernels as one, the longest first. */
export const grouped = (lines: readonly Line[]): readonly Line[] =>
  gathered(lines, (line) => line.what).toSorted((a, b) => b.milliseconds - a.milliseconds)

/** A line a kind that occurs, in the order of `kinds`. */
export const totals = (lines: readonly Line[]): readonly Line[] =>
  kinds.flatMap((kind) =>
    gathered(lines, (line) => line.kind)
      .filter((line) => line.kind === kind)
      .map((line) => ({ ...line, what: kind })),
  )

export interface Rate {
  /** 1e9 a second. */
  readonly value: number
  readonly unit: 'GFLOPS' | 'GB/s'
  /** Of the machine's limit, 1 at the limit; above it where data came from a cache. Null where none is known. */
  readonly ofLimit: number | null
}

/** Products by operations, all else by traffic; null where no time was taken. */
export const rate = ({ kind, flops, bytes, milliseconds }: Line, limits: Limits | null): Rate | null => {
  if (!(milliseconds > 0)) return null
  const [amount, unit, limit] =
    kind === 'contract' ? ([flops, 'GFLOPS', limits?.gflops] as const) : ([bytes, 'GB/s', limits?.gigabytes] as const)
  const value = amount / milliseconds / 1e6
  return { value, unit, ofLimit: limit === undefined ? null : value / limit }
}
