/** The tables of a comparison of samplers in Markdown: one row for each sampler, one column for each number of steps. */
import { saidText } from '../settings/samplingSaid.ts'
import type { Asked, Cell, SamplersRecord } from './record.ts'

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const small = (x: number): string => (x === 0 ? '0' : Number(x.toPrecision(2)).toString())
const few = (x: number): string => Number(x.toPrecision(3)).toString()
const percent = (x: number): string => `${(100 * x).toFixed(0)} %`

interface Figure {
  readonly title: (cells: readonly Cell[]) => string
  readonly of: (cell: Cell) => string | null
}

const figures = ({ reference_steps, solved, judged }: Asked): readonly Figure[] => [
  {
    title: () =>
      `Root mean square distance to the solution (${reference_steps} steps of Heun's method from the same noise, ${solved} images of each class, pixels in [-1, 1])`,
    of: ({ error }) => small(error),
  },
  {
    title: (cells) => {
      const called = cells.flatMap(({ distance }) => distance?.called ?? [])[0] ?? 'distance'
      return `The ${called} of ${judged} samples; in brackets the share whose class the network names`
    },
    of: ({ distance }) =>
      distance === null
        ? null
        : `${few(distance.value)}${distance.accuracy === null ? '' : ` (${percent(distance.accuracy)})`}`,
  },
]

/** In their order, each once. */
const each = <A>(all: readonly A[]): readonly A[] => [...new Set(all)]

export const tableText = ({ asked, cells }: SamplersRecord): string => {
  const [names, steps] = [each(cells.map((c) => c.sampler)), each(cells.map((c) => c.steps))]
  const cellOf = (sampler: string, n: number): Cell | undefined =>
    cells.find((c) => c.sampler === sampler && c.steps === n)
  const table = ({ title, of }: Figure): readonly string[] => {
    if (cells.every((cell) => of(cell) === null)) return []
    const rows = names.map((name) =>
      line([
        name,
        ...steps.map((n) => {
          const cell = cellOf(name, n)
          return cell === undefined ? '–' : (of(cell) ?? '–')
        }),
      ]),
    )
    const head = [line(['sampler', ...steps.map((n) => `${n} steps`)]), line(['---', ...steps.map(() => '---:')])]
    return [`${title(cells)}:`, [...head, ...rows].join('\n')]
  }
  return [
    `# Samplers on ${asked.run}`,
    `After ${asked.images} images, guidance ${asked.guidance}, levels ${asked.schedule}, seed ${asked.seed}${saidText(asked.others)}. A step of heun takes two evaluations of the network, one of the others takes one.`,
    ...figures(asked).flatMap(table),
    'Samplers that draw noise on their way (ddpm, dpmpp-2m-sde, and others with `--eta` or `--churn`) end at other images than the solution, as they should: what counts for them is the distance to real pictures.',
  ]
    .join('\n\n')
    .concat('\n')
}
