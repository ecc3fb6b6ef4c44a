/**
 * A checkpoint file: parameters, their EMA and both moments under the reference's names and layouts, with the step and
 * what identifies the run that the file belongs to.
 *
 *   param.<name>  ema.<name>  adam.m.<name>  adam.v.<name>
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decodeWith, named } from '../codec/codecs.ts'
import type { SafeTensors, Writable } from '../io/safetensors.ts'
import type { ConfiguredModel, ModelConfig } from '../models/model.ts'
import { decodeModel } from '../models/models.ts'
import { decode, type Entry, encode, type Spec } from '../nn/spec.ts'
import type { State } from '../train/loop.ts'
import type { StateName } from '../train/step.ts'
import { decodeFixed, encodeFixed, type Fixed } from './fixed.ts'
import type { Catalogue } from './options.ts'

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
  readonly classes: readonly string[]
  /** The settings that may not change; null in files that do not contain them. */
  readonly fixed: Fixed | null
}

export interface Checkpoint {
  readonly about: About
  readonly state: State
}

const prefixes: Readonly<Record<StateName, string>> = {
  theta: 'param.',
  average: 'ema.',
  first: 'adam.m.',
  second: 'adam.v.',
}

/** A number as text. */
const figure = named(
  'a number of at least 0, as text',
  (u): u is string => typeof u === 'string' && u.trim() !== '' && Number.isFinite(Number(u)) && Number(u) >= 0,
)

const metadata = t.intersection([
  t.type({
    step: figure,
    images: figure,
    seconds: figure,
    gridSeconds: figure,
    key: t.string,
    model: t.string,
    fingerprint: t.string,
    classes: t.string,
  }),
  t.partial({ settings: t.string }),
])

export const toFile = (spec: Spec, { about, state }: Checkpoint): SafeTensors<Writable> => {
  const dtype = state.theta instanceof Float32Array ? 'F32' : 'F64'
  const section = (name: StateName) =>
    Object.entries(encode(spec)(state[name])).map(
      ([file, { shape, values }]) => [`${prefixes[name]}${file}`, { dtype, shape, values }] as const,
    )
  return {
    tensors: new Map([...section('theta'), ...section('average'), ...section('first'), ...section('second')]),
    metadata: {
      format: 'diffit checkpoint 1',
      step: String(about.step),
      images: String(about.images),
      seconds: String(about.seconds),
      gridSeconds: String(about.gridSeconds),
      key: about.key,
      model: JSON.stringify(about.model),
      fingerprint: about.fingerprint,
      classes: JSON.stringify(about.classes),
      ...(about.fixed === null ? {} : { settings: encodeFixed(about.fixed) }),
    },
  }
}

const json = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    () => 'its metadata is not JSON',
  )

const aboutOf = (raw: Readonly<Record<string, string>>, known: Catalogue): E.Either<string, About> =>
  pipe(
    decodeWith(metadata, raw),
    E.mapLeft(() => 'it is not a checkpoint of a training run (its metadata has no step, images, key and model)'),
    E.bindTo('raw'),
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
    E.map(({ raw: m, model, classes, fixed }) => ({
      fixed,
      step: Number(m.step),
      images: Number(m.images),
      seconds: Number(m.seconds),
      gridSeconds: Number(m.gridSeconds),
      key: m.key,
      model,
      fingerprint: m.fingerprint,
      classes,
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

/** A file's checkpoint, for this model; the error does not name the file. */
export const fromFile =
  ({ spec, config }: ConfiguredModel, known: Catalogue) =>
  (file: SafeTensors): E.Either<string, Checkpoint> => {
    const section = (name: StateName): E.Either<string, Float64Array<ArrayBuffer>> => {
      const prefix = prefixes[name]
      const entries = [...file.tensors]
        .filter(([full]) => full.startsWith(prefix))
        .map(([full, { shape, values }]): readonly [string, Entry] => [
          full.slice(prefix.length),
          { shape, values: values instanceof Float32Array ? new Float32Array(values) : new Float64Array(values) },
        ])
      return pipe(
        decode(spec)(Object.fromEntries(entries)),
        E.mapLeft((what) => `${prefix}*: ${what}`),
      )
    }
    return pipe(
      E.Do,
      E.bind('about', () => aboutOf(file.metadata, known)),
      E.chainFirst(({ about }) => {
        const differs = difference(about.model, config)
        return differs === null ? E.right(undefined) : E.left(`it is of another model: ${differs}`)
      }),
      E.bind('theta', () => section('theta')),
      E.bind('average', () => section('average')),
      E.bind('first', () => section('first')),
      E.bind('second', () => section('second')),
      E.map(({ about, ...state }) => ({ about, state })),
    )
  }
