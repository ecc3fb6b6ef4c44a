/** Lines as human-readable text, as JSON, and as Markdown tables. */
import type { Facts } from './harness.ts'
import { type Figure, json, type Kernels, type Limit, type Line, type Ratio } from './line.ts'

export type Write = (text: string) => void
export type Reporter = (line: Line) => void

const digits = (x: number): string => x.toFixed(x < 10 ? 3 : x < 100 ? 2 : 1)

const operations = (gflops: number): string =>
  gflops >= 1e4
    ? `${(gflops / 1e3).toFixed(1)} TFLOPS`
    : `${gflops < 1 ? gflops.toPrecision(2) : gflops.toFixed(1)} GFLOPS`

/** Facts shown as remarks, and their format. */
const remarks: Readonly<Record<string, (value: number | string) => string>> = {
  parameters: (n) => `${n} parameters`,
  startup_ms: (ms) => `start-up ${ms} ms`,
  first_step_ms: (ms) => `first step after a cold start ${ms} ms`,
  arena_mib: (mib) => `arena ${mib} MiB`,
  resident_mib: (mib) => `resident ${mib} MiB`,
  agrees_within: (x) => `loss and gradient within ${x} of ours`,
  host_ms_median: (ms) => `host ${Number(ms).toFixed(2)} ms`,
  submits: (n) => `${n} submit${n === 1 ? '' : 's'}`,
  dispatches: (n) => `${n} dispatches`,
  created: (n) => `${n} objects created after the first step`,
  bytes_up: (n) => `${n} bytes up`,
  bytes_down: (n) => `${n} bytes down`,
  limit_gflops: (n) => `limit of the device ${operations(Number(n))}`,
  remark: String,
}
/** Facts in words. */
export const remark = (facts: Facts): string =>
  Object.entries(remarks)
    .flatMap(([name, show]) => {
      const value = facts[name]
      return value === undefined ? [] : [show(value)]
    })
    .join(', ')

const headings = ['case', 'by', 'threads', 'median ms', 'min ms', 'rate', 'of limit', 'remark'] as const
type Cells = readonly string[]

const who = ({ by, variant }: Figure): string => (variant === null ? by : `${by}, ${variant}`)

const figureCells = (f: Figure, limit: number | undefined): Cells => [
  f.case,
  who(f),
  `${f.threads}`,
  digits(f.step_ms_median),
  digits(f.step_ms_min),
  f.gflops !== null ? operations(f.gflops) : f.gb_per_s !== null ? `${f.gb_per_s.toFixed(1)} GB/s` : '',
  f.gflops === null || limit === undefined ? '' : `${((100 * f.gflops) / limit).toFixed(0)} %`,
  remark(f.facts),
]

const ratioText = (r: Ratio): string =>
  `${r.case.trim()}: ${r.peer}'s best / ours = ${r.ratio.toFixed(2)} (${digits(r.peer_ms)} / ${digits(r.our_ms)} ms)`
const kernelsText = (k: Kernels): string =>
  [
    `${k.by}, kernels of a step: ${k.kernel}: ${digits(k.kernel_ms)} ms in ${k.calls}`,
    ...(k.gflops === null ? [] : [operations(k.gflops)]),
    ...(k.gb_per_s === null ? [] : [`${k.gb_per_s.toFixed(1)} GB/s`]),
    ...(k.of_limit === null ? [] : [`${(100 * k.of_limit).toFixed(0)} % of the limit`]),
  ].join(', ')

const limitText = (l: Limit): string =>
  `multiply-adds in registers, ${l.threads} thread${l.threads === 1 ? '' : 's'} (kernel ${l.form}): ${l.gflops.toFixed(1)} GFLOPS`

/** The most recent limits, by threads. */
const limits = () => {
  const known = new Map<number, number>()
  return {
    keep: (l: Limit) => known.set(l.threads, l.gflops),
    /** Of a device its own, of the processor the one of as many threads. */
    of: ({ device, threads, facts }: Figure): number | undefined => {
      const { limit_gflops } = facts
      if (device === null) return known.get(threads)
      return typeof limit_gflops === 'number' ? limit_gflops : undefined
    },
  }
}

const widths = [44, 23, 7, 10, 9, 13, 8, 0]
const left = new Set([0, 1, 7])
const row = (cells: Cells): string =>
  cells
    .map((cell, i) => (left.has(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    .join('  ')
    .trimEnd()

/** Rows as they come, under one heading per workload. */
export const text = (write: Write): Reporter => {
  const known = limits()
  let workload = ''
  return (line) => {
    if (line.workload !== workload) {
      workload = line.workload
      write(`\n${workload}`)
      write(row(headings))
    }
    switch (line.kind) {
      case 'figure':
        return write(row(figureCells(line, known.of(line))))
      case 'ratio':
        return write(`  ${ratioText(line)}`)
      case 'kernels':
        return write(`  ${kernelsText(line)}`)
      case 'limit':
        known.keep(line)
        return write(`  ${limitText(line)}`)
      case 'fit':
        return write(
          `  ${line.slope_ms_per_gflop.toFixed(2)} ms per GFLOP; the farthest configuration is ${(100 * line.worst_deviation).toFixed(0)} % from that line`,
        )
    }
  }
}

export const jsonLines =
  (write: Write): Reporter =>
  (line) =>
    write(json(line))

const cells = (xs: Cells): string => `| ${xs.map((x) => x.trim()).join(' | ')} |`
export const table = (heads: Cells, rows: readonly Cells[]): string =>
  [cells(heads), cells(heads.map(() => '---')), ...rows.map(cells)].join('\n')

const noteOf = (line: Line): readonly string[] => {
  switch (line.kind) {
    case 'figure':
      return []
    case 'ratio':
      return [`- ${ratioText(line)}`]
    case 'limit':
      return [`- ${limitText(line)}`]
    case 'kernels':
      return [`- ${kernelsText(line)}`]
    case 'fit':
      return [
        `- ${line.slope_ms_per_gflop.toFixed(2)} ms per GFLOP, largest deviation ${(100 * line.worst_deviation).toFixed(0)} %`,
      ]
  }
}

/** One section per workload. */
export const markdown = (lines: readonly Line[]): string => {
  const known = limits()
  const workloads = [...new Set(lines.map((line) => line.workload))]
  return workloads
    .map((workload) => {
      const own = lines.filter((line) => line.workload === workload)
      const rows = own.flatMap((line) => {
        if (line.kind === 'limit') known.keep(line)
        return line.kind === 'figure' ? [figureCells(line, known.of(line))] : []
      })
      const notes = own.flatMap(noteOf)
      return [`### ${workload}`, table(headings, rows), notes.join('\n')].filter((part) => part !== '').join('\n\n')
    })
    .join('\n\n')
}
