/**
 * `diffit compare`: trains several settings with the same data, order of pictures, noise, seeds and budget, one after another,
 * and writes one table and one picture. Its runs are ordinary runs, so that given again it goes on where it was stopped.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as RNEA from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import { backends } from '../../backends/index.ts'
import { writeAtomic } from '../io/atomic.ts'
import { lock } from '../io/lock.ts'
import { makeFolder } from '../io/makeFolder.ts'
import { requireEmpty } from '../io/run.ts'
import { timeToLoss, validated } from '../train/timeToLoss.ts'
import { budgetOf } from './comparison/budget.ts'
import {
  type Drawing,
  drawingText,
  drawSamples,
  type Ground,
  gridPath,
  rowsOfRun,
  standingOf,
  withNetwork,
} from './comparison/ending.ts'
import { type Entries, entriesOf } from './comparison/entries.ts'
import type { Judge } from './comparison/judged.ts'
import { type Judging, judgeOf } from './comparison/judging.ts'
import { drawComparison } from './comparison/picture.ts'
import { type ComparisonProgress, comparisonProgress, type Work } from './comparison/progress.ts'
import {
  type Asked,
  askedOf,
  type ComparisonRecord,
  type RunOutcome,
  readComparison,
  refused,
  writeComparison,
} from './comparison/record.ts'
import { type Run, runsOf, type Trained, trained } from './comparison/runs.ts'
import { tableText } from './comparison/table.ts'
import { fail, must, mustBe } from './errors.ts'
import { rowsOf } from './grid.ts'
import { invocation } from './invocation.ts'
import { modelOf } from './model.ts'
import { clock } from './progress.ts'
import { listed } from './settings/calls/words.ts'
import { calls } from './settings/calls.ts'
import { type Catalogue, type CompareOptions, standard } from './settings/options.ts'
import { type StopSignal, stopSignal } from './stop.ts'
import { type Environment, signalled } from './train.ts'

export interface CompareEnvironment extends Pick<Environment, 'backends'> {
  readonly progress: ComparisonProgress
  readonly judging: Judging
}

/** Samples of each class in the picture. */
const columns = 4

/** The work was stopped between two steps of it. */
class Stopped extends Error {}

/** What is done with every run. */
interface Task extends CompareEnvironment {
  readonly options: CompareOptions
  readonly folder: string
  readonly asked: Asked
  readonly runs: readonly Run[]
  readonly ground: Ground
  readonly drawing: Drawing
  readonly judge: Judge | null
  /** Losses whose times are listed. */
  readonly levels: readonly number[]
  /** The command that goes on. */
  readonly again: string
  readonly stop: StopSignal
}

/** The work of a run: its FLOPs, or its minutes, which are the same for all. */
const workOf = ({ entry: { updates, flops } }: Run): number => (updates === null ? 1 : updates * flops)

const workAround = (runs: readonly Run[], i: number): Work => {
  const sum = (some: readonly Run[]): number => some.reduce((total, run) => total + workOf(run), 0)
  return { before: sum(runs.slice(0, i)), here: sum(runs.slice(i, i + 1)), after: sum(runs.slice(i + 1)) }
}

/** When the run's validation loss first stayed at or below each level. */
const timesOf = async (folder: string, levels: readonly number[]): Promise<RunOutcome['times']> => {
  const points = validated(await rowsOfRun(folder))
  return levels.map((loss) => {
    const spent = timeToLoss(points, loss)
    return { loss, reached: spent === null ? null : { images: spent.images, minutes: spent.seconds / 60 } }
  })
}

/** What a finished run gives; what is known of it already is not made again. */
const outcomeOf = async (task: Task, run: Run, end: Trained, known: RunOutcome | undefined): Promise<RunOutcome> => {
  const { judge, ground, drawing, levels } = task
  const { folder } = run
  const same = known !== undefined && known.standing.step === end.checkpoint.about.step ? known : null
  const drawn = run.seed === drawing.seed ? drawingText(end, drawing) : null
  const isDrawn = drawn === null || (drawn === same?.drawn && existsSync(gridPath(folder)))
  const { flops } = run.entry
  const standing =
    same !== null && isDrawn
      ? same.standing
      : await withNetwork(folder, end, ground, async (network, space) => {
          if (!isDrawn) await drawSamples(folder, end, drawing, { network, space }, ground)
          return same?.standing ?? standingOf(folder, end, { network, flops }, ground)
        })
  ground.stopCheck()
  const earlier = same?.judged ?? null
  const judged =
    judge === null || earlier?.options === judge.options
      ? earlier
      : { options: judge.options, ...(await judge.judge(folder)) }
  const { name, seed, entry } = run
  return { run: name, setting: entry.name, seed, standing, drawn, judged, times: await timesOf(folder, levels) }
}

const writeAll = async (task: Task, runs: readonly RunOutcome[], classes: readonly string[]): Promise<void> => {
  const { folder, asked, levels } = task
  await must(writeComparison(folder, { format: 'diffit comparison 1', asked, runs }))
  await must(writeAtomic(join(folder, 'compare.md'), tableText(asked, runs, levels)))
  await drawComparison(folder, asked, runs, classes)
}

/** Trains and judges every run; false if it was stopped. */
const performed = async (task: Task, before: ComparisonRecord | null): Promise<boolean> => {
  const { runs, options, progress, backends, ground, again, stop } = task
  const outcomes: RunOutcome[] = []
  for (const [i, run] of runs.entries()) {
    const { name, entry } = run
    const place = `${name} (${i + 1} of ${runs.length})`
    progress.say(`\n${place}`)
    const shown = progress.of(place, workAround(runs, i))
    const end = await trained(
      run,
      machineOf(options),
      { progress: shown, backends, caller: { stop, again } },
      ground.known,
    )
    if (end === null) return false
    const known = before?.runs.find((one) => one.run === name)
    outcomes.push(await outcomeOf(task, run, end, known))
    const model = modelOf(end.settings, ground.known)
    const classes = rowsOf(end.checkpoint.about.classes, model.shape.classes !== null).map((row) => row.name)
    // those after it that are known already stay in the table
    const later = runs.slice(i + 1).flatMap((one) => before?.runs.find(({ run }) => run === one.name) ?? [])
    const isNew = !isDeepStrictEqual(outcomes.at(-1), known)
    if (isNew || later.length === 0) await writeAll(task, [...outcomes, ...later], classes)
    progress.say(`${entry.name}: EDM loss ${outcomes.at(-1)?.standing.edmLoss.toFixed(4)}`)
    if (stop.asked() && i + 1 < runs.length) return false
  }
  return true
}

/** Prepares the folder: what was begun there must be the same, and settings that are added must find their place free. */
const opened = async (
  folder: string,
  asked: Asked,
  { entries }: Entries,
  runs: readonly Run[],
): Promise<ComparisonRecord | null> => {
  const before = await must(readComparison(folder))
  const why = before === null ? null : refused(folder, before.asked, asked, entries)
  if (why !== null) fail(why)
  const begun = new Set(before?.asked.settings.map(({ name }) => name))
  for (const run of runs) if (!begun.has(run.entry.name)) await must(requireEmpty(run.folder))
  await must(writeComparison(folder, { format: 'diffit comparison 1', asked, runs: before?.runs ?? [] }))
  return before
}

const quoted = (word: string): string => (/[^\w./:,-]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : word)

/** The command as it was given. */
const commandOf = (words: readonly string[], o: CompareOptions): string => {
  const flags = Object.entries(o).flatMap(([name, value]) => [`--${name}`, String(value)])
  return invocation('compare', [...words, ...flags].map(quoted).join(' '))
}

/** What computes; where it is not given, the settings say it. */
const machineOf = ({ backend, threads }: CompareOptions): Pick<CompareOptions, 'backend' | 'threads'> => ({
  ...(backend === undefined ? {} : { backend }),
  ...(threads === undefined ? {} : { threads }),
})

const usual: CompareEnvironment = { progress: comparisonProgress(), backends, judging: judgeOf }

/**
 * @param words files of settings, or names of presets
 * @returns the folder of the comparison, and whether it was stopped before its end
 */
export const compare = async (
  words: RNEA.ReadonlyNonEmptyArray<string>,
  o: CompareOptions,
  environment: CompareEnvironment = usual,
  known: Catalogue = standard,
): Promise<{ readonly folder: string; readonly kind: 'done' | 'stopped' }> => {
  const { say } = environment.progress
  const began = performance.now()
  const budget = mustBe(budgetOf(o))
  const folder = o.out ?? calls.comparison.about.default
  const seeds = RNEA.fromReadonlyArray(listed(o.seed ?? calls.seeds.about.default))
  if (seeds._tag === 'None') return fail('--seed names no seed: expected whole numbers separated by commas')
  const seed = RNEA.head(seeds.value)
  const common = { ...machineOf(o), seed }
  const begun = await must(readComparison(folder))
  const found = await entriesOf(words, { budget, options: common, costs: begun?.asked.settings ?? [] }, known)
  const { entries, dataset, pictures, backend, threads } = found
  const runs = runsOf(folder, entries, seeds.value)
  const asked = askedOf(
    entries,
    { budget, seeds: seeds.value, backend, threads, data: dataset.name, fingerprint: dataset.fingerprint },
    known,
  )
  await must(makeFolder(folder))
  const held = await must(lock(folder))
  const stop = stopSignal((signal) => say(signalled(signal)))
  try {
    const before = await opened(folder, asked, found, runs)
    const stopCheck = (): void => {
      if (stop.asked()) throw new Stopped()
    }
    const judge = await environment.judging(o, {
      dataset: pictures,
      backends: environment.backends,
      known,
      say,
      stopped: stop.asked,
      stopCheck,
    })
    if (judge === null)
      say('the samples are not judged, only losses are compared: there is no classifier of this data, and no --network')
    const again = commandOf(words, o)
    const isDone = await performed(
      {
        ...environment,
        options: o,
        folder,
        asked,
        runs,
        ground: { dataset, backend: environment.backends[backend], threads, known, stopCheck },
        drawing: { seed, columns, guidance: o.guidance, steps: o.steps },
        judge,
        levels: o.loss === undefined ? [] : listed(o.loss),
        again,
        stop,
      },
      before,
    ).catch((error): boolean => {
      if (error instanceof Stopped) return false
      throw error
    })
    const spent = clock((performance.now() - began) / 1000)
    if (isDone) say(`\n${join(folder, 'compare.md')} and compare.png: ${runs.length} runs, ${spent}`)
    else say(`\nstopped after ${spent}; go on with: ${again}`)
    return { folder, kind: isDone ? 'done' : 'stopped' }
  } finally {
    stop.release()
    await held.release()
  }
}
