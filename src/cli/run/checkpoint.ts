/**
 * A checkpoint file: parameters, their EMA and the optimiser's state under the reference's names and layouts
 * (train/checkpoint.ts), with the step and what identifies the run that the file belongs to.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decodeWith, named, wrong } from '../../codec/codecs.ts'
import type { SafeTensors, Writable } from '../../io/safetensors.ts'
import type { ModelConfig } from '../../models/model.ts'
import { decodeModel } from '../../models/models.ts'
import { type State, type States, stateFrom, tensorsOf } from '../../train/checkpoint.ts'
import type { Cooldown } from '../../train/schedule.ts'
import { decodeFixed, encodeFixed, type Fixed } from '../settings/fixed.ts'
import type { Catalogue, Length } from '../settings/options.ts'
import type { Held } from '../task.ts'

export interface About {
  readonly step: number
  readonly images: number
  /** Seconds of work so far. */
  readonly seconds: number
  readonly gridSeconds: number
  /** The root key of the run's randomness (`text` of a key). */
  readonly key: string
  readonly model: ModelConfig
  /** Of the data set, to detect that it has changed. */
  readonly fingerprint: string
  /** Of the autoencoder whose latents the images are, its content hash; null in pixel space, and in files that do not say it. */
  readonly autoencoder: string | null
  readonly classes: readonly string[]
  /** The settings that may not change; null in files that do not contain them. */
  readonly fixed: Fixed | null
  /** The length that the run has completed; null for a run that is not done. */
  readonly done: Length | null
  /** The cooldown that the run is in; null before it. */
  readonly cooldown: Cooldown | null
}

/**
 * The format says how the steps of its run were computed, besides what is in the file: 1 is of versions whose optimiser
 * summed in another order, so that its runs continue with slightly different roundings.
 */
const formats = { 'diffit checkpoint 1': 1, 'diffit checkpoint 2': 2 } as const
const written = 'diffit checkpoint 2' satisfies keyof typeof formats
export type Format = (typeof formats)[keyof typeof formats]

export interface Checkpoint {
  readonly about: About
  readonly state: State
  readonly format: Format
}

/** A number as text. */
const figure = named(
  'a number of at least 0, as text',
  (u): u is string => typeof u === 'string' && u.trim() !== '' && Number.isFinite(Number(u)) && Number(u) >= 0,
)

const formatName = t.keyof(formats)

const cooldownCodec = t.intersection([t.type({ from: t.number, to: t.number }), t.partial({ origin: t.number })])

const metadata = t.intersection([
  t.type({
    format: t.string,
    step: figure,
    images: figure,
    seconds: figure,
    gridSeconds: figure,
    key: t.string,
    model: t.string,
    fingerprint: t.string,
    classes: t.string,
  }),
  t.partial({ autoencoder: t.string, settings: t.string, done: t.string, cooldown: t.string }),
])

export const toFile = (states: States, { about, state }: Omit<Checkpoint, 'format'>): SafeTensors<Writable> => ({
  tensors: tensorsOf(states, state),
  metadata: {
    format: written,
    step: String(about.step),
    images: String(about.images),
    seconds: String(about.seconds),
    gridSeconds: String(about.gridSeconds),
    key: about.key,
    model: JSON.stringify(about.model),
    fingerprint: about.fingerprint,
    classes: JSON.stringify(about.classes),
    ...(about.autoencoder === null ? {} : { autoencoder: about.autoencoder }),
    ...(about.fixed === null ? {} : { settings: encodeFixed(about.fixed) }),
    ...(about.done === null ? {} : { done: JSON.stringify(about.done) }),
    ...(about.cooldown === null ? {} : { cooldown: JSON.stringify(about.cooldown) }),
  },
})

const json = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    () => 'its metadata is not JSON',
  )

const aboutOf = (
  raw: Readonly<Record<string, string>>,
  known: Catalogue,
): E.Either<string, Pick<Checkpoint, 'about' | 'format'>> =>
  pipe(
    decodeWith(metadata, raw),
    E.mapLeft(() => 'it is not a checkpoint of a training run (its metadata has no step, images, key and model)'),
    E.bindTo('raw'),
    E.bind('format', (m) =>
      pipe(
        formatName.decode(m.raw.format),
        E.bimap(
          () =>
            wrong('its format', m.raw.format, `one of ${Object.keys(formats).join(', ')}; a newer diffit may read it`),
          (name) => formats[name],
        ),
      ),
    ),
    E.bind('model', (m) =>
      pipe(
        json(m.raw.model),
        E.chain((raw) => decodeModel(raw, known.models)),
        E.map(({ config }) => config),
      ),
    ),
    E.bind('classes', (m) =>
      pipe(
        json(m.raw.classes),
        E.chain((u) => decodeWith(t.array(t.string), u)),
      ),
    ),
    E.bind('fixed', (m) => (m.raw.settings === undefined ? E.right(null) : decodeFixed(m.raw.settings, known))),
    E.bind('done', (m) =>
      m.raw.done === undefined
        ? E.right(null)
        : pipe(
            json(m.raw.done),
            E.chain((u) => decodeWith(known.settings.fields.length, u, 'its completed length')),
          ),
    ),
    E.bind('cooldown', (m) =>
      m.raw.cooldown === undefined
        ? E.right(null)
        : pipe(
            json(m.raw.cooldown),
            E.chain((u) => decodeWith(cooldownCodec, u, 'its cooldown')),
          ),
    ),
    E.map(({ raw: m, format, model, classes, fixed, done, cooldown }) => ({
      format,
      about: {
        step: Number(m.step),
        images: Number(m.images),
        seconds: Number(m.seconds),
        gridSeconds: Number(m.gridSeconds),
        key: m.key,
        model,
        fingerprint: m.fingerprint,
        autoencoder: m.autoencoder ?? null,
        classes,
        fixed,
        done,
        cooldown,
      },
    })),
  )

/** The first field in which two models differ, as a sentence. */
export const difference = (found: ModelConfig, expected: ModelConfig): string | null => {
  const fields = Object.entries(expected).map(([name, e]) => ({
    name,
    e,
    f: Object.entries(found).find(([n]) => n === name)?.[1],
  }))
  const differs = fields.find(({ e, f }) => JSON.stringify(e) !== JSON.stringify(f))
  return differs === undefined
    ? null
    : `${differs.name} is ${JSON.stringify(differs.f)} there and ${JSON.stringify(differs.e)} here`
}

/** A file's checkpoint, of this model and these states; the error does not name the file. */
export const fromFile =
  ({ config, states }: Pick<Held, 'config' | 'states'>, known: Catalogue) =>
  (file: SafeTensors): E.Either<string, Checkpoint> =>
    pipe(
      aboutOf(file.metadata, known),
      E.chainFirst(({ about }) => {
        const differs = difference(about.model, config)
        return differs === null ? E.right(undefined) : E.left(`it is of another model: ${differs}`)
      }),
      E.bind('state', () => stateFrom(states)(file.tensors)),
    )
