/** What the picture of a comparison shows: every run's curves, bars of what the settings reached, samples of the first seed. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../../codec/element.ts'
import { readBytes, writeAtomic } from '../../io/atomic.ts'
import type { Bar } from '../../io/barChart.ts'
import { type Comparison, comparisonPicture } from '../../io/comparisonPicture.ts'
import type { Curve } from '../../io/curveChart.ts'
import { rasterise } from '../../io/plot.ts'
import { spentAt } from '../../train/timeToLoss.ts'
import { must } from '../errors.ts'
import { budgetWords } from './budget.ts'
import { gridPath, rowsOfRun } from './ending.ts'
import type { Asked, RunOutcome } from './record.ts'
import { spread, spreadText } from './table.ts'

interface Measure {
  readonly title: string
  readonly of: (run: RunOutcome) => number | null
  readonly text: (n: number) => string
}

const percent = (n: number): string => `${(100 * n).toFixed(0)} %`
const few = (n: number): string => n.toPrecision(3)

const measures = (distance: string): readonly Measure[] => [
  { title: "loss at EDM's noise levels", of: ({ standing }) => standing.edmLoss, text: (n) => n.toFixed(4) },
  { title: `${distance} (less is better)`, of: ({ judged }) => judged?.distance ?? null, text: few },
  { title: 'class accuracy of the samples', of: ({ judged }) => judged?.accuracy ?? null, text: percent },
]

const curveOf = async (folder: string, { run }: RunOutcome, of: number): Promise<Curve> => {
  const rows = await rowsOfRun(join(folder, run))
  const points = spentAt(rows).map(({ images, seconds }, i) => ({
    images,
    minutes: seconds / 60,
    loss: rows[i]?.loss ?? null,
    validation: rows[i]?.validation ?? null,
  }))
  return { of, points }
}

const valuesOf = (runs: readonly RunOutcome[], { of }: Measure): readonly number[] =>
  runs.flatMap((run) => of(run) ?? [])

const barsOf = (bySetting: readonly (readonly RunOutcome[])[], measure: Measure): readonly Bar[] =>
  bySetting.flatMap((runs, of) => {
    const all = spread(valuesOf(runs, measure))
    return all === null ? [] : [{ of, value: all.mean, low: all.low, high: all.high, text: measure.text(all.mean) }]
  })

/** The samples of the first seed's run; null while there are none. */
const gridOf = async (folder: string, runs: readonly RunOutcome[]): Promise<Uint8Array | null> => {
  const drawn = runs.find((run) => run.drawn !== null)
  return drawn === undefined
    ? null
    : pipe(
        await readBytes(gridPath(join(folder, drawn.run)))(),
        E.getOrElseW(() => null),
      )
}

/** @param classes the rows of the samples; one without a name for an unconditional model */
const comparisonOf = async (
  folder: string,
  asked: Asked,
  runs: readonly RunOutcome[],
  classes: readonly string[],
): Promise<Comparison> => {
  const names = asked.settings.map(({ name }) => name)
  const bySetting = names.map((name) => runs.filter(({ setting }) => setting === name))
  const curves: Curve[] = []
  for (const [of, own] of bySetting.entries()) for (const run of own) curves.push(await curveOf(folder, run, of))
  const distance = runs.flatMap(({ judged }) => judged?.distanceName ?? [])[0] ?? 'distance'
  const shown = measures(distance).filter((measure) => valuesOf(runs, measure).length > 0)
  const compared: Comparison['compared'][number][] = []
  for (const [of, own] of bySetting.entries())
    compared.push({
      name: element(names, of),
      captions: shown.map((measure) => `${measure.title}: ${spreadText(valuesOf(own, measure), measure.text)}`),
      grid: await gridOf(folder, own),
    })
  const seeds = asked.seeds.length
  return {
    title: `${names.length === 1 ? 'One setting' : `${names.length} settings`}, ${budgetWords(asked.budget)}`,
    subtitle: `${asked.data}, ${asked.backend}, ${seeds === 1 ? 'seed' : 'seeds'} ${asked.seeds.join(', ')}: the same order of pictures and the same noise, in training and in the samples`,
    compared,
    rows: classes,
    curves,
    bars: shown.map((measure) => ({ title: measure.title, bars: barsOf(bySetting, measure) })),
  }
}

/** Writes compare.svg and compare.png. */
export const drawComparison = async (
  folder: string,
  asked: Asked,
  runs: readonly RunOutcome[],
  classes: readonly string[],
): Promise<void> => {
  const comparison = await comparisonOf(folder, asked, runs, classes)
  await must(
    pipe(
      comparisonPicture(comparison),
      TE.chainFirst((svg) => writeAtomic(join(folder, 'compare.svg'), svg)),
      TE.chain(rasterise),
      TE.chain((png) => writeAtomic(join(folder, 'compare.png'), png)),
    ),
  )
}
