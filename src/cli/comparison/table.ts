/** The table of a comparison in Markdown: one row for each setting, over its seeds. */
import { budgetWords } from './budget.ts'
import type { Judged } from './judged.ts'
import type { Asked, RunOutcome } from './record.ts'
import { shares } from './standing.ts'

/** The mean of values, and between which they lie; null where there are none. */
export interface Spread {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** Law: low <= mean <= high, and one value is all three. */
export const spread = (values: readonly number[]): Spread | null => {
  if (values.length === 0) return null
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const mean = values.reduce((sum, x) => sum + x / values.length, 0)
  return { mean: Math.min(high, Math.max(low, mean)), low, high }
}

/** `0.1630 (0.1610 to 0.1650)`; one value stands alone, none is a dash. */
export const spreadText = (values: readonly number[], text: (n: number) => string): string => {
  const all = spread(values)
  if (all === null) return '–'
  const [mean, low, high] = [text(all.mean), text(all.low), text(all.high)]
  return low === high ? mean : `${mean} (${low} to ${high})`
}

const figure = (n: number): string => n.toFixed(4)
const percent = (n: number): string => `${(100 * n).toFixed(1)} %`
const whole = (n: number): string => Math.round(n).toLocaleString('en')
const few = (n: number): string => (n < 10 ? n.toPrecision(3) : n.toFixed(1))

interface Column {
  readonly head: string
  readonly cell: (runs: readonly RunOutcome[]) => string
}

const column = (
  head: string,
  values: (run: RunOutcome) => number | null | undefined,
  text: (n: number) => string,
): Column => ({
  head,
  cell: (runs) =>
    spreadText(
      runs.flatMap((run) => values(run) ?? []),
      text,
    ),
})

/** How many seeds reached a loss, where not all of them did. */
const reachedText = (runs: readonly RunOutcome[], level: number): string => {
  const reached = runs.flatMap(({ times }) => times.find(({ loss }) => loss === level)?.reached ?? [])
  if (reached.length === 0) return 'not reached'
  const images = spreadText(
    reached.map((spent) => spent.images),
    whole,
  )
  const minutes = spreadText(
    reached.map((spent) => spent.minutes),
    few,
  )
  return `${images} images, ${minutes} min${reached.length === runs.length ? '' : ` (${reached.length} of ${runs.length} seeds)`}`
}

const trainingColumns: readonly Column[] = [
  column('images', ({ standing }) => standing.images, whole),
  column('PFLOP', ({ standing }) => standing.pflop, few),
  column('minutes', ({ standing }) => standing.minutes, few),
  column('parameters', ({ standing }) => standing.parameters, whole),
  ...shares.map((share, i) =>
    column(
      share === 1 ? 'own loss at the end' : `own loss at ${100 * share} %`,
      ({ standing }) => standing.validation[i]?.loss,
      figure,
    ),
  ),
  column('EDM loss at the end', ({ standing }) => standing.edmLoss, figure),
]

const judgedColumns = (name: string): readonly Column[] => [
  column(name, ({ judged }) => judged?.distance, few),
  column('accuracy', ({ judged }) => judged?.accuracy, percent),
  column('precision', ({ judged }) => judged?.precision, percent),
  column('recall', ({ judged }) => judged?.recall, percent),
  column('nearest-neighbour ratio', ({ judged }) => judged?.neighbourRatio, few),
  column('copies', ({ judged }) => judged?.copies, percent),
]

const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

/** @param levels the losses of `times` */
export const tableText = (asked: Asked, runs: readonly RunOutcome[], levels: readonly number[]): string => {
  const seeds = asked.seeds.length
  const judged = runs.flatMap((run): readonly NonNullable<Judged>[] => (run.judged === null ? [] : [run.judged]))
  const [first] = judged
  const columns: readonly Column[] = [
    ...trainingColumns,
    ...levels.map((loss) => ({ head: `own loss ${loss}`, cell: (of: readonly RunOutcome[]) => reachedText(of, loss) })),
    ...(first === undefined ? [] : judgedColumns(first.distanceName)),
  ]
  const rows = asked.settings.map(({ name }) => {
    const own = runs.filter(({ setting }) => setting === name)
    const waits = own.length < seeds ? ` (${own.length} of ${seeds} ${seeds === 1 ? 'run' : 'runs'})` : ''
    return line([`${name}${waits}`, ...columns.map(({ cell }) => cell(own))])
  })
  return [
    `# ${asked.settings.map(({ name }) => name).join(', ')}`,
    `${budgetWords(asked.budget)}, on ${asked.data}, ${seeds === 1 ? 'seed' : 'seeds'} ${asked.seeds.join(', ')}, backend ${asked.backend}: the same order of pictures and the same noise for every setting.${seeds === 1 ? '' : ' Each figure is the mean over the seeds, and their range.'}`,
    [line(['setting', ...columns.map(({ head }) => head)]), line(['---', ...columns.map(() => '---:')]), ...rows].join(
      '\n',
    ),
    [
      '- *minutes*: of training steps alone, without validations, sample grids and checkpoints. *PFLOP*: of the products of all steps, those of the optimiser among them.',
      "- *own loss*: the validation loss at the setting's own noise levels, with its own weights and penalty. It compares settings only where those are equal; *at 25 %* is after a quarter of the images, between two validations on the line that joins them.",
      "- *EDM loss*: of the last checkpoint, at the same noise levels for every setting, ln sigma ~ N(-1.2, 1.2²), with EDM's weights, on the same held-out images and noise.",
      ...(levels.length === 0
        ? []
        : ['- *own loss L* in a heading: after how many images and minutes the own loss first stays at or below L.']),
      ...(judged.length === 0
        ? ['- The samples were not judged: only losses are compared.']
        : [...new Set(judged.map(({ about }) => `- ${about}`))]),
    ].join('\n'),
  ]
    .join('\n\n')
    .concat('\n')
}
