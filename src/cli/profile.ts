/** `train --profile`: a withProfile executable, and the table of its kernel times. */
import type { Executable, KernelTime, Limits } from '../plan/backend.ts'
import type { Plan } from '../plan/plan.ts'
import { grouped, kernelLines, type Line, rate, totals } from '../plan/profile.ts'
import { mebibytes } from './memory.ts'

/** Measurements of a number of runs. */
export interface Measurements {
  readonly runs: number
  /** Total wall-clock time, as the caller waited. */
  readonly milliseconds: number
  readonly times: readonly KernelTime[]
}

/**
 * The executable, withProfile. The first run is not counted, since it touches its memory for the first time. `seen` returns
 * the measurements since it was last called.
 */
export const withProfile = (inner: Executable): Executable & { readonly seen: () => Promise<Measurements> } => {
  let runs = -1
  let milliseconds = 0
  return {
    ...inner,
    run: async (feeds) => {
      const start = performance.now()
      const results = await inner.run(feeds)
      runs += 1
      if (runs === 0) await inner.profile()
      else milliseconds += performance.now() - start
      return results
    },
    seen: async () => {
      const found = { runs: Math.max(0, runs), milliseconds, times: await inner.profile() }
      runs = Math.min(runs, 0)
      milliseconds = 0
      return found
    },
  }
}

interface Column {
  readonly head: string
  readonly text: (line: Line) => string
}

const wide = 96
const cut = (text: string): string => (text.length > wide ? `${text.slice(0, wide - 1)}…` : text)

/** Regions of the plan, numbered as by `--dry-run`. */
const regions = ({ at }: Line): string => {
  const all = [...new Set(at.map(({ region }) => region))]
  return all.length > 3 ? `${all.slice(0, 2).join(',')},…` : all.join(',')
}

const columns = (sum: number, limits: Limits | null): readonly Column[] => [
  { head: 'ms', text: (l) => l.milliseconds.toFixed(2) },
  { head: 'share', text: (l) => `${((100 * l.milliseconds) / Math.max(1e-9, sum)).toFixed(1)} %` },
  { head: 'calls', text: (l) => `${l.calls}` },
  {
    head: 'rate',
    text: (l) => {
      const r = rate(l, limits)
      return r === null ? '-' : `${r.value.toFixed(1)} ${r.unit.padEnd(6)}`
    },
  },
  {
    head: 'of limit',
    text: (l) => {
      const part = rate(l, limits)?.ofLimit ?? null
      return part === null ? '-' : `${(100 * part).toFixed(0)} %`
    },
  },
  { head: 'regions', text: regions },
]

const table = (lines: readonly Line[], shown: readonly Column[]): readonly string[] => {
  const cells = lines.map((l) => shown.map((c) => c.text(l)))
  const widths = shown.map((c, i) => Math.max(c.head.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const row = (texts: readonly string[], last: string): string =>
    [...texts.map((text, i) => text.padStart(widths[i] ?? 0)), last].join('  ')
  return [
    row(
      shown.map((c) => c.head),
      'kernel',
    ),
    ...lines.map((l, i) => row(cells[i] ?? [], cut(l.what))),
  ]
}

export interface Setting {
  readonly precision: 'f32' | 'f64'
  readonly limits: Limits | null
  /** The executable's description, and its memory in bytes. */
  readonly description: string
  readonly bytes: number
  /** The number of kernels to show, slowest first. */
  readonly top: number
}

/** The table of measurements, with times and amounts per run of the plan. */
export const profileTable = (plan: Plan, seen: Measurements, s: Setting): readonly string[] => {
  const { runs, milliseconds, times } = seen
  if (runs === 0)
    return ['profile     nothing to show: there was no run of the plan after the first, which is not counted']
  const lines = kernelLines(plan, times, { runs, precision: s.precision })
  const sum = lines.reduce((all, l) => all + l.milliseconds, 0)
  const traffic = lines.reduce((all, l) => all + l.bytes, 0)
  const groups = grouped(lines)
  const rest = groups.slice(s.top)
  const shown = columns(sum, s.limits)
  return [
    `profile     ${(milliseconds / runs).toFixed(1)} ms per run (mean of ${runs}), ${sum.toFixed(1)} ms of it in kernels, the rest waiting and transferring feeds`,
    `backend     ${s.description}, ${mebibytes(s.bytes)}, ${(traffic / 1e9).toFixed(2)} GB read and written per run`,
    s.limits === null
      ? 'limit       not known for this backend'
      : `limit       ${s.limits.gflops.toFixed(0)} GFLOPS (multiply-adds in registers), ${s.limits.gigabytes.toFixed(0)} GB/s (copying; caches are faster)`,
    '',
    ...table(groups.slice(0, s.top), shown),
    ...(rest.length === 0
      ? []
      : [`and ${rest.length} more, ${rest.reduce((all, l) => all + l.milliseconds, 0).toFixed(2)} ms`]),
    '',
    ...table(totals(lines), shown),
  ]
}
