/**
 * The output lines of a benchmark run as data: a figure (one contestant's times), a ratio of medians, the machine's limit, a
 * line fitted through figures. Reporters (report.ts) print them.
 */
import { type Facts, median, type Timed } from './harness.ts'

interface Of {
  readonly workload: string
  readonly case: string
}

export interface Figure extends Of {
  readonly kind: 'figure'
  readonly by: string
  readonly variant: string | null
  /** What computes, if it is not the processor. */
  readonly device: string | null
  readonly threads: number
  readonly steps: number
  readonly step_ms_median: number
  readonly step_ms_min: number
  /** Floating-point operations of a step, in 10^9. */
  readonly gflop: number | null
  /** Of the median step. */
  readonly gflops: number | null
  /** Of the median step, for memory-bound work. */
  readonly gb_per_s: number | null
  readonly facts: Facts
}

/** The ratio of the peer's best median to ours. */
export interface Ratio extends Of {
  readonly kind: 'ratio'
  readonly peer: string
  readonly ratio: number
  readonly peer_ms: number
  readonly our_ms: number
}

/** Register-only multiply-adds: this machine's peak with this kernel variant. */
export interface Limit {
  readonly kind: 'limit'
  readonly workload: string
  readonly form: string
  readonly threads: number
  readonly gflops: number
}

/** milliseconds = slope * GFLOP, and the largest relative deviation from it (0.1: ten per cent). */
export interface Fit {
  readonly kind: 'fit'
  readonly workload: string
  readonly slope_ms_per_gflop: number
  readonly worst_deviation: number
}

/** A kind of kernels, or equal kernels, of a step on a device, by the timestamps of the device. */
export interface Kernels extends Of {
  readonly kind: 'kernels'
  readonly by: string
  readonly kernel: string
  readonly calls: number
  readonly kernel_ms: number
  readonly gflops: number | null
  readonly gb_per_s: number | null
  /** Fraction of the device's measured limit; above 1 where data came from a cache. */
  readonly of_limit: number | null
}

export type Line = Figure | Ratio | Limit | Fit | Kernels

/** The work of one step. */
export interface Work {
  readonly gflop?: number
  readonly gbyte?: number
}

export const ours = 'diffit'

export const figure = (of: Of, { gflop, gbyte }: Work, { contestant, times, facts }: Timed): Figure => {
  const middle = median(times)
  const perSecond = (x: number | undefined): number | null => (x === undefined ? null : (x / middle) * 1e3)
  return {
    kind: 'figure',
    ...of,
    by: contestant.by,
    variant: contestant.variant ?? null,
    device: contestant.device ?? null,
    threads: contestant.threads,
    steps: times.length,
    step_ms_median: middle,
    step_ms_min: Math.min(...times),
    gflop: gflop ?? null,
    gflops: perSecond(gflop),
    gb_per_s: perSecond(gbyte),
    facts,
  }
}

const best = (figures: readonly Figure[]): number => Math.min(...figures.map((f) => f.step_ms_median))

/** One ratio per peer: its best setting against our best number of threads. */
export const ratios = (figures: readonly Figure[]): readonly Ratio[] => {
  const mine = figures.filter((f) => f.by === ours)
  const peers = [...new Set(figures.map((f) => f.by))].filter((by) => by !== ours)
  const [first] = mine
  if (first === undefined) return []
  return peers.map((peer) => {
    const [peer_ms, our_ms] = [best(figures.filter((f) => f.by === peer)), best(mine)]
    return {
      kind: 'ratio',
      workload: first.workload,
      case: first.case,
      peer,
      ratio: peer_ms / our_ms,
      peer_ms,
      our_ms,
    } as const
  })
}

const rounded = (x: number): number => (Number.isInteger(x) ? x : Number(x.toPrecision(6)))

/** One JSON object: no nulls, with facts as a field. */
export const json = (line: Line): string => {
  const { kind: _kind, ...fields } = line
  const { facts, ...rest } = 'facts' in fields ? fields : { ...fields, facts: {} }
  return JSON.stringify(
    Object.fromEntries(
      Object.entries<number | string | null>({ ...rest, ...facts }).flatMap(([name, value]) =>
        value === null ? [] : [[name, typeof value === 'number' ? rounded(value) : value]],
      ),
    ),
  )
}
