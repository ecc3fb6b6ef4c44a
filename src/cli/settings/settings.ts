/**
 * Everything needed to reproduce a run, as stored in config.yaml. A user's file may omit what its preset defines (the
 * default preset is emoji32); config.yaml is always complete.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { stringify } from 'yaml'
import { anyFields, decodeWith, shown, wrong } from '../../codec/codecs.ts'
import { at, merged, nested } from '../../codec/merged.ts'
import { rateSchedules } from '../../train/schedules.ts'
import { applying, outOfPlace } from './applying.ts'
import { intervalSaid } from './calls/words.ts'
import { settingsFrom, withoutEffect } from './flags.ts'
import { leavesOf, nameOf } from './option.ts'
import {
  type Catalogue,
  type EvaluateOptions,
  type Length,
  type OptionsOf,
  type SampleOptions,
  type Settings,
  standard,
  type TrainOptions,
} from './options.ts'
import type { TrainedPreset } from './tableOptions.ts'
import { readYaml } from './yaml.ts'

export type { Length, Settings } from './options.ts'

/** Minutes of a run whose length is not given. */
const defaultMinutes = 30

/** The options' own defaults. */
const defaultsOf = ({ rows }: Catalogue): unknown =>
  nested(rows.flatMap(({ path, about }) => (about.default === undefined ? [] : [[path, about.default]])))

/** The configuration that a file's model completes: the preset's, or the defaults of a model that is not the preset's. */
const modelUnder = ({ config }: TrainedPreset, { models }: Catalogue, name: unknown): unknown =>
  name === undefined || name === config.model ? config : models.find((model) => model.name === name)?.defaults

/** A preset's settings. */
const start = (name: string, preset: TrainedPreset, known: Catalogue, said: unknown): unknown => {
  const { data, training, sampling } = preset.recipe
  const model = modelUnder(preset, known, at(said, ['model', 'model']))
  return { preset: name, model, data: data ?? '', seed: 0, training, sampling }
}

/** If only the batch size is given, the preset's micro-batch size is kept if it divides the batch. */
const withParts = ({ recipe }: TrainedPreset, said: unknown): unknown => {
  const batch = at(said, ['training', 'batch'])
  if (typeof batch !== 'number' || at(said, ['training', 'micro_batch']) !== undefined) return said
  const microBatch = recipe.training.micro_batch
  return merged(said, {
    training: { micro_batch: microBatch < batch && batch % microBatch === 0 ? microBatch : batch },
  })
}

/** A schedule that falls to 0 by itself takes the place of the preset's cooldown. */
const withoutCooldown = (said: unknown): unknown => {
  const schedule = at(said, ['training', 'schedule'])
  const ends = Object.values(rateSchedules).some(({ name, ends }) => ends && name === schedule)
  return ends && at(said, ['training', 'cooldown']) === undefined ? merged(said, { training: { cooldown: 0 } }) : said
}

/** A preset's schedule that another one replaces takes its end with it. */
const withEnd = ({ recipe }: TrainedPreset, said: unknown): unknown => {
  const schedule = at(said, ['training', 'schedule'])
  return schedule === undefined || schedule === recipe.training.schedule
    ? said
    : merged({ training: { schedule_images: null } }, said)
}

/** The length of a run that is not given one: its schedule's, if that has an end. */
const usualLength = ({ recipe }: TrainedPreset, said: unknown): Partial<Length> =>
  typeof at(merged(recipe, said), ['training', 'schedule_images']) === 'number' ? {} : { minutes: defaultMinutes }

/** A length given by flags replaces the file's as a whole: steps and minutes bound a run together. */
const said = (file: Readonly<Record<string, unknown>>, flags: unknown, preset: TrainedPreset): unknown => {
  const all = withEnd(preset, merged({ ...file, length: undefined }, flags))
  const length = at(flags, ['length']) ?? (Object.hasOwn(file, 'length') ? file.length : usualLength(preset, all))
  return merged(all, { length })
}

const fieldsOf = (file: unknown): E.Either<string, Readonly<Record<string, unknown>>> =>
  decodeWith(anyFields, file, 'the file')

/** The sentence about a field that stands outside of its section; null if there is none. */
const misplaced = (file: Readonly<Record<string, unknown>>, { rows, settings }: Catalogue): string | null => {
  const inside = leavesOf(rows, file).filter(({ path }) => path.length > 1)
  for (const name of Object.keys(file)) {
    const row = Object.hasOwn(settings.fields, name) ? undefined : inside.find(({ path }) => path.at(-1) === name)
    if (row !== undefined) return `unknown field ${shown(name)}: did you mean ${shown(nameOf(row))}?`
  }
  return null
}

/** A file's settings, overridden by those of the flags. */
const completed = (
  file: Readonly<Record<string, unknown>>,
  flags: unknown,
  known: Catalogue,
): E.Either<string, Settings> => {
  const why = misplaced(file, known)
  if (why !== null) return E.left(why)
  const names = [at(flags, ['preset']), file.preset, known.defaultPreset]
  return pipe(
    decodeWith(
      known.settings.fields.preset,
      names.find((name) => name !== undefined),
      'preset',
    ),
    E.chain((name) => {
      const preset = known.presets.get(name)
      if (preset === undefined) return E.left(wrong('preset', name, known.settings.fields.preset.name))
      const all = said(file, flags, preset)
      const own = withoutCooldown(withParts(preset, all))
      const whole = merged(merged(defaultsOf(known), start(name, preset, known, all)), own)
      const why = outOfPlace(merged(file, flags), whole, known)
      return why === null ? decodeWith(known.settings, whole) : E.left(why)
    }),
  )
}

// ------------------------------------------------------------------------------------------------- a new run
/** @param file the parsed file; null if there is none */
export const settingsOf = (file: unknown, o: TrainOptions, known: Catalogue = standard): E.Either<string, Settings> =>
  pipe(
    fieldsOf(file === null ? {} : file),
    E.chain((fields) => completed(fields, settingsFrom('train', o, known), known)),
  )

/** What has become an option since the run began, as it was for every run until then: a preset may say otherwise today. */
const asBefore =
  (known: Catalogue) =>
  (file: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    const since = applying(known, file).filter(
      ({ path, about }) =>
        path.length > 1 && about.default !== undefined && t.UnknownRecord.is(at(file, path.slice(0, 1))),
    )
    const filled = merged(nested(since.map(({ path, about }) => [path, about.default])), file)
    return t.UnknownRecord.is(filled) ? filled : file
  }

/** Whether a file says all that every run's config.yaml says: it is one, perhaps of an earlier version. */
const isOfRun = (file: Readonly<Record<string, unknown>>, known: Catalogue): boolean =>
  applying(known, file)
    .filter(({ path, about }) => path.length > 1 && !about.mayChange && about.default === undefined)
    .every(({ path }) => at(file, path) !== undefined)

/** The settings of a YAML text, also those of a run, which stay what they were; the error does not name the file. */
export const readSettings = (text: string, o: TrainOptions, known: Catalogue = standard): E.Either<string, Settings> =>
  pipe(
    readYaml(text),
    E.chain(fieldsOf),
    E.map((fields) => (isOfRun(fields, known) ? asBefore(known)(fields) : fields)),
    E.chain((fields) => completed(fields, settingsFrom('train', o, known), known)),
  )

/** Whether the file itself specifies this field of the model. What it omits follows the data. */
export const saysOfModel = (text: string | null, field: string): boolean =>
  text !== null &&
  pipe(
    readYaml(text),
    E.exists((file) => at(file, ['model', field]) !== undefined),
  )

// -------------------------------------------------------------------------------------------- a run's config.yaml
/** A run's missing settings are never defaulted if they affect its results. */
const complete =
  (known: Catalogue) =>
  (file: Readonly<Record<string, unknown>>): E.Either<string, Readonly<Record<string, unknown>>> => {
    const missing = applying(known, file)
      .filter(({ about }) => !about.mayChange && about.default === undefined)
      .find(
        ({ path }) =>
          at(file, path) === undefined && (path.length === 1 || t.UnknownRecord.is(at(file, path.slice(0, 1)))),
      )
    return missing === undefined ? E.right(file) : E.left(wrong(nameOf(missing), undefined, missing.codec.name))
  }

const readRunUnder = (text: string, flags: unknown, known: Catalogue): E.Either<string, Settings> =>
  pipe(
    readYaml(text),
    E.chain(fieldsOf),
    E.chain(complete(known)),
    E.map(asBefore(known)),
    E.chain((fields) => completed(fields, flags, known)),
  )

/** The settings of a resumed run. */
export const readRun = (text: string, o: TrainOptions, known: Catalogue = standard): E.Either<string, Settings> =>
  readRunUnder(text, settingsFrom('train', o, known), known)

/** The settings of a run under the flags of a command that samples from it. */
const readRunUnderSampling = <C extends 'sample' | 'evaluate'>(
  command: C,
  text: string,
  o: OptionsOf<C> & { readonly guidanceInterval?: string },
  known: Catalogue,
): E.Either<string, Settings> =>
  pipe(
    readRunUnder(text, merged(settingsFrom(command, o, known), intervalSaid(o)), known),
    E.chain((settings) => {
      const why = withoutEffect(command, o, settings, known)
      return why === null ? E.right(settings) : E.left(why)
    }),
  )

/** The settings for sampling from a run: `--steps`, `--guidance` and others override its sampling settings. */
export const readRunToSample = (
  text: string,
  o: SampleOptions,
  known: Catalogue = standard,
): E.Either<string, Settings> => readRunUnderSampling('sample', text, o, known)

/** The settings for evaluating a run's samples, likewise. */
export const readRunToEvaluate = (
  text: string,
  o: EvaluateOptions,
  known: Catalogue = standard,
): E.Either<string, Settings> => readRunUnderSampling('evaluate', text, o, known)

/** In the order of the table. Law: readRun(writeSettings(s), {}) = s. */
export const writeSettings = (s: Settings, known: Catalogue = standard): string =>
  stringify(nested(applying(known, s).map(({ path }) => [path, at(s, path)])))

// ------------------------------------------------------------------------------------------------------- length
/** The step at which a run's schedule ends; infinite for a schedule without an end. */
export const lastStepOf = ({
  batch,
  schedule_images: images,
}: Pick<Settings['training'], 'batch' | 'schedule_images'>): number =>
  images === null ? Number.POSITIVE_INFINITY : Math.ceil(images / batch)

/** A run's limits in steps and in seconds of work, whichever is reached first; it never outlasts its schedule. */
export const limitsOf = ({
  length: { steps, minutes },
  training,
}: Pick<Settings, 'length' | 'training'>): { readonly steps: number; readonly seconds: number } => ({
  steps: Math.min(steps ?? Number.POSITIVE_INFINITY, lastStepOf(training)),
  seconds: minutes === null ? Number.POSITIVE_INFINITY : minutes * 60,
})

/** The length of a resumed run: minutes given now count from the present, steps from the run's start. */
export const extended = (length: Length, { minutes }: TrainOptions, secondsSoFar: number): Length =>
  minutes === undefined ? length : { ...length, minutes: secondsSoFar / 60 + minutes }
