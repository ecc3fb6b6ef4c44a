/**
 * The card of a file of parameters, in its metadata: the configuration of the model, and what is known of its training, so that a
 * file is loaded without the run that it comes from.
 *
 *   format  "diffit parameters 1"        model   the configuration, as JSON
 *   layout  the name of the layout       weights "average" or "theta"
 *
 * and whatever the source said: of a run its step, images, seconds, settings, classes and the fingerprint of its data.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { SafeTensors } from '../io/safetensors.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { decodeModel, type Models } from '../models/models.ts'
import type { Layout, Shapes, Weights } from './layout.ts'
import type { Untold } from './told.ts'

/** Strings by name. */
export type Metadata = SafeTensors['metadata']

const format = 'diffit parameters 1'

/** What a checkpoint says of itself as one that training continues from; and the hash of its own content. */
const ofCheckpoints = ['format', 'sha256', 'run', 'key', 'gridSeconds', 'done', 'cooldown', 'config']

/** The card of a model's file, which keeps what its source said of the training. */
export const cardOf = (
  model: Pick<ConfiguredModel, 'config'>,
  { name }: Pick<Layout, 'name'>,
  weights: Weights,
  source: Metadata = {},
): Metadata => ({
  ...Object.fromEntries(Object.entries(source).filter(([field]) => !ofCheckpoints.includes(field))),
  format,
  layout: name,
  weights,
  model: JSON.stringify(model.config),
})

const json = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    () => 'its configuration is not JSON',
  )

/** The configuration that the metadata say: on a card or in a checkpoint `model`, in files of the reference `config`. */
const said = ({ model, config }: Metadata): E.Either<string, unknown> => {
  const text = model ?? config
  return text === undefined ? E.right(null) : json(text)
}

/** The names that begin with a prefix, without it. */
const without = (prefix: string, shapes: Shapes): Shapes =>
  new Map([...shapes].flatMap(([name, shape]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), shape]] : [])))

/** The configuration that shapes tell under a prefix; if under none, the first tensor that is missing; null if nothing is told. */
const told = ({ configuration, prefixes }: Layout, shapes: Shapes): E.Either<string, unknown> => {
  const all = (['average', 'theta'] as const).flatMap((weights) =>
    prefixes(weights).flatMap((prefix) => {
      const found = configuration?.(without(prefix, shapes)) ?? null
      return found === null
        ? []
        : [E.mapLeft(({ name, why }: Untold) => `tensor ${JSON.stringify(`${prefix}${name}`)} ${why}`)(found)]
    }),
  )
  return all.find(E.isRight) ?? all[0] ?? E.right(null)
}

/** How a file gets a configuration that it does not say. */
const withPreset = 'convert it with a --preset, which writes it into the metadata'

/** The model of a file: the one that is given, that its metadata say, or that its shapes tell. */
export const modelOfFile = (
  { metadata, shapes }: { readonly metadata: Metadata; readonly shapes: Shapes },
  layout: Layout,
  given: ConfiguredModel | null,
  models: Models,
): E.Either<string, ConfiguredModel> =>
  given !== null
    ? E.right(given)
    : pipe(
        said(metadata),
        E.chain((raw) =>
          raw !== null
            ? decodeModel(raw, models)
            : pipe(
                told(layout, shapes),
                E.chain((found) =>
                  found === null
                    ? E.left(`neither its metadata nor its shapes tell the configuration of its model: ${withPreset}`)
                    : pipe(
                        decodeModel(found, models),
                        E.mapLeft((what) => `the configuration that its shapes tell: ${what}; ${withPreset}`),
                      ),
                ),
              ),
        ),
      )
