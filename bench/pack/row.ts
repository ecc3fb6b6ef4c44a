/** What a stage of measuring says: one JSON object a line, decoded; and the one table of all of them. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { table } from '../report.ts'

/** A line of the table; more fields may stand beside these, and go into the JSON. */
export const Row = t.intersection([
  t.type({ what: t.string, by: t.string }),
  t.partial({
    setting: t.string,
    step_ms_median: t.number,
    step_ms_min: t.number,
    gflops: t.number,
    gb_per_s: t.number,
    /** Fraction of the limit that was measured beside it. */
    of_limit: t.number,
    /** Of an adapter: whether the processor computes for it. */
    software: t.boolean,
    /** Of PyTorch: whether it can use a card. */
    card: t.boolean,
    remark: t.string,
    /** Why there is no figure. */
    problem: t.string,
  }),
])
export type Row = t.TypeOf<typeof Row>

/** Null if the line is something else that a program wrote. */
export const rowIn = (line: string): Row | null =>
  pipe(
    E.tryCatch((): unknown => JSON.parse(line), String),
    E.chainW(Row.decode),
    E.getOrElseW(() => null),
  )

const headings = ['what', 'by', 'setting', 'median ms', 'least ms', 'rate', 'of limit', 'x webgpu', 'remark'] as const

/** What others are compared with: a step of the same model. */
const ours = 'diffit webgpu'

const wide = 60
const cut = (text: string): string => (text.length > wide ? `${text.slice(0, wide - 1)}…` : text)

const milliseconds = (x: number | undefined): string => (x === undefined ? '' : x.toFixed(x < 10 ? 3 : x < 100 ? 2 : 1))

const rateOf = ({ gflops, gb_per_s }: Row): string => {
  if (gflops !== undefined) return gflops >= 1e3 ? `${(gflops / 1e3).toFixed(1)} TFLOPS` : `${gflops.toFixed(1)} GFLOPS`
  return gb_per_s === undefined ? '' : `${gb_per_s.toFixed(1)} GB/s`
}

const cellsOf = (row: Row, rows: readonly Row[]): readonly string[] => {
  const own = rows.find(
    ({ what, by, step_ms_median }) => what === row.what && by === ours && step_ms_median !== undefined,
  )
  const [mine, its] = [own?.step_ms_median, row.step_ms_median]
  return [
    row.what,
    row.by,
    cut(row.setting ?? ''),
    milliseconds(its),
    milliseconds(row.step_ms_min),
    rateOf(row),
    row.of_limit === undefined ? '' : `${(100 * row.of_limit).toFixed(0)} %`,
    mine === undefined || its === undefined || row.by === ours ? '' : (its / mine).toFixed(2),
    row.problem === undefined ? (row.remark ?? '') : `no figure: ${row.problem}`,
  ]
}

const isKernel = ({ what }: Row): boolean => what.endsWith(': kernels of a step')

/** As the table has them: what is no step first, then kernels, at the end, where a reader is, steps model by model. */
export const ordered = (rows: readonly Row[]): readonly Row[] => {
  const steps = rows.filter((row) => !isKernel(row) && row.step_ms_median !== undefined)
  const models = [...new Set(steps.map(({ what }) => what))]
  return [
    ...rows.filter((row) => !isKernel(row) && !models.includes(row.what)),
    ...rows.filter(isKernel),
    ...models.flatMap((model) => rows.filter(({ what }) => what === model)),
  ]
}

/** Times as multiples of a step of webgpu stand in the column `x webgpu`. */
export const markdownOf = (rows: readonly Row[]): string =>
  table(
    headings,
    ordered(rows).map((row) =>
      cellsOf(row, rows).map((cell) => cell.replaceAll('|', '/').replaceAll(/\s*\n\s*/g, ' ')),
    ),
  )

/** A row in a line, while others are measured. */
export const lineOf = (row: Row): string => {
  const { by, setting = '' } = row
  const figures = row.step_ms_median === undefined ? [] : [`${milliseconds(row.step_ms_median)} ms`, rateOf(row)]
  const said = row.problem === undefined ? (figures.length > 0 ? '' : (row.remark ?? '')) : `no figure: ${row.problem}`
  return [by, setting, ...figures, said].filter((part) => part !== '').join(', ')
}

/** The same with columns in line. */
export const textOf = (rows: readonly Row[]): string => {
  const lines = [headings, ...ordered(rows).map((row) => cellsOf(row, rows))]
  const widths = headings.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)))
  const isNumber = (i: number): boolean => i >= 3 && i <= 7
  return lines
    .map((cells) =>
      cells
        .map((cell, i) => {
          const width = i === cells.length - 1 ? 0 : (widths[i] ?? 0)
          return isNumber(i) ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
