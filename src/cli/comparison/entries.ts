/** The settings that are compared: what each is called, how `train` is told of it, and how long it trains. */
import { availableParallelism } from 'node:os'
import { basename, extname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RNEA from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import { backends } from '../../../backends/index.ts'
import { shown } from '../../codec/codecs.ts'
import type { Dataset } from '../../data/dataset.ts'
import { companionsOf } from '../../data/open.ts'
import { readText } from '../../io/atomic.ts'
import { companions, drawing } from '../../io/companion.ts'
import { rateSchedules } from '../../train/schedules.ts'
import { fitted } from '../data.ts'
import { fail, must, mustBe } from '../errors.ts'
import { encodingProgress } from '../latents/encodingProgress.ts'
import { imagesOfRun, picturesBehind } from '../latents/runImages.ts'
import { modelOf } from '../model.ts'
import { trainingPlan, updateFlops } from '../plans.ts'
import { changes, type Fixed, fixedOf } from '../settings/fixed.ts'
import type { Catalogue, Settings, TrainOptions } from '../settings/options.ts'
import { readSettings, saysOfModel, settingsOf } from '../settings/settings.ts'
import { threadsOf } from '../threads.ts'
import { type Budget, updatesWithin } from './budget.ts'

export interface Entry {
  /** The file's name without its extension, or the preset's. */
  readonly name: string
  /** The word that named it. */
  readonly word: string
  /** Where its settings come from, as options of `train`. */
  readonly source: Pick<TrainOptions, 'config' | 'preset'>
  /** With the budget's length; the seed is the run's. */
  readonly settings: Settings
  /** The length as options of `train`: the budget, and the end of its learning rate's schedule there. */
  readonly length: Pick<TrainOptions, 'steps' | 'minutes' | 'scheduleImages'>
  /** Updates of a run; null if its clock ends it. */
  readonly updates: number | null
  /** Of one update. */
  readonly flops: number
}

interface Source {
  readonly name: string
  /** Of its file; null for a preset. */
  readonly text: string | null
  readonly word: string
  readonly source: Entry['source']
  readonly read: (o: TrainOptions) => E.Either<string, Settings>
}

const sourceOf = async (word: string, known: Catalogue): Promise<Source> => {
  if (known.presets.has(word))
    return {
      name: word,
      text: null,
      word,
      source: { preset: word },
      read: (o) => settingsOf(null, { ...o, preset: word }, known),
    }
  const text = await must(readText(word))
  if (text === null)
    return fail(`cannot read ${word}: no such file, and no preset (${[...known.presets.keys()].join(', ')})`)
  const name = basename(word, extname(word))
  const inFile = E.mapLeft((what: string) => `${word}: ${what}`)
  return { name, text, word, source: { config: word }, read: (o) => inFile(readSettings(text, o, known)) }
}

/** A schedule's end that stands in until the budget's is known; what an update costs does not depend on it. */
const someEnd = Number.MAX_SAFE_INTEGER

/** The settings of a source, whether or not it says where its schedule ends: the budget does. */
const withoutEnd = ({ read }: Source, o: TrainOptions): E.Either<string, Settings> =>
  pipe(
    read(o),
    E.orElse((why) =>
      pipe(
        read({ ...o, scheduleImages: someEnd }),
        E.mapLeft(() => why),
      ),
    ),
  )

/** What is known of a setting's cost from before. */
export interface KnownCost {
  readonly name: string
  readonly flops: number
  readonly fixed: Fixed
}

/** What decides how much all settings train. */
export interface Terms {
  readonly budget: Budget
  /** Of every run: the backend, threads, the first seed. */
  readonly options: TrainOptions
  readonly costs: readonly KnownCost[]
}

/** An update costs the same whatever the seed, and wherever the schedule of its learning rate ends. */
const free = ['seed', 'training.schedule_images']

const knownFlops = (name: string, settings: Settings, costs: readonly KnownCost[], known: Catalogue): number | null => {
  const cost = costs.find((one) => one.name === name)
  const differs =
    cost === undefined || changes(cost.fixed, fixedOf(settings, known)).some(({ field }) => !free.includes(field))
  return differs ? null : cost.flops
}

const entryOf = (source: Source, dataset: Dataset, { budget, options: o, costs }: Terms, known: Catalogue): Entry => {
  const { name, text, word, read } = source
  const first = mustBe(withoutEnd(source, o))
  const config = fitted(modelOf(first, known), dataset, (field) => saysOfModel(text, field), known)
  const model = modelOf({ model: config }, known)
  const { batch, schedule } = first.training
  const flops = knownFlops(name, first, costs, known) ?? updateFlops(trainingPlan(model, first), first)
  const updates = mustBe(
    pipe(
      updatesWithin(budget, { batch, flops }),
      E.mapLeft((why) => `${word}: ${why}`),
    ),
  )
  const length =
    updates === null
      ? { minutes: budget.amount }
      : { steps: updates, ...(rateSchedules[schedule].ends ? { scheduleImages: updates * batch } : {}) }
  const settings = mustBe(read({ ...o, ...length }))
  return { name, word, source: source.source, settings, length, updates, flops }
}

const machine = ({ backend, threads }: Settings): string =>
  `${backend} with ${threads === null ? 'a thread per processor' : `${threads} ${threads === 1 ? 'thread' : 'threads'}`}`

/** What all runs of a comparison share; the first setting that differs is refused. */
const refuseUnlike = (sources: readonly Source[], o: TrainOptions, known: Catalogue): void => {
  const all = sources.map((source) => ({ ...source, settings: mustBe(withoutEnd(source, o)) }))
  const [first] = all
  if (first === undefined) return
  const { data } = first.settings
  const {
    space,
    shape: { size },
  } = modelOf(first.settings, known)
  for (const { name, word, settings } of all) {
    const { shape, space: own } = modelOf(settings, known)
    if (own !== space || settings.autoencoder !== first.settings.autoencoder)
      fail(`${word} is not of the ${space} of ${first.word}: expected the same, of one autoencoder`)
    if (settings.data !== data)
      fail(`${word} trains on ${shown(settings.data)}, ${first.word} on ${shown(data)}: expected the same data`)
    if (shape.size !== size)
      fail(
        `${word} is of images of ${shape.size} x ${shape.size}, ${first.word} of ${size} x ${size}: expected one size`,
      )
    if (settings.backend !== first.settings.backend || settings.threads !== first.settings.threads)
      fail(
        `${word} computes on ${machine(settings)}, ${first.word} on ${machine(first.settings)}: expected the same, or --backend and --threads for all`,
      )
    const [one, another] = all.filter((entry) => entry.name === name)
    if (one !== undefined && another !== undefined)
      fail(`${one.word} and ${another.word} are both called ${name}: expected files of different names`)
  }
}

export interface Entries {
  /** In the order in which they were named. */
  readonly entries: readonly Entry[]
  /** The images that all of them are trained on. */
  readonly dataset: Dataset
  /** The same, or the pictures whose latents they are. */
  readonly pictures: Dataset
  readonly backend: Settings['backend']
  readonly threads: Settings['threads']
}

/** @param words files of settings, or names of presets; at least one */
export const entriesOf = async (
  words: RNEA.ReadonlyNonEmptyArray<string>,
  terms: Terms,
  known: Catalogue,
): Promise<Entries> => {
  const { options: o } = terms
  const first = await sourceOf(RNEA.head(words), known)
  const sources = [first]
  for (const word of RNEA.tail(words)) sources.push(await sourceOf(word, known))
  refuseUnlike(sources, o, known)
  const settings = mustBe(withoutEnd(first, o))
  await must(companions('diffit compare')([...new Set([...drawing, ...companionsOf(settings.data, known.kinds)])]))
  const { backend, threads } = settings
  const { dataset } = await imagesOfRun(settings, modelOf(settings, known), null, {
    known,
    say: console.log,
    machine: { backend: backends[backend], threads: threadsOf(threads, availableParallelism()).threads },
    progress: encodingProgress(),
  })
  const pictures = await picturesBehind(dataset, known)
  return {
    entries: sources.map((source) => entryOf(source, dataset, terms, known)),
    dataset,
    pictures,
    backend,
    threads,
  }
}
