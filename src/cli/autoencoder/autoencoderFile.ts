/**
 * A trained autoencoder as one file of tensors under diffusers' names: its configuration and the scale of its latents are in the
 * metadata, with a hash of the content.
 */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { LatentScale } from '../../autoencoder/latents.ts'
import { latentShapeOf } from '../../autoencoder/task.ts'
import { intact, sealed } from '../../io/contentHash.ts'
import type { SafeTensors, Writable } from '../../io/safetensors.ts'
import { load, save } from '../../io/safetensorsFile.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import { autoencoderOf, decodeModel, type Models } from '../../models/models.ts'
import { decode, encode } from '../../nn/spec.ts'
import type { Numbers } from '../../plan/backend.ts'
import { decodeScale, encodeScale } from './latentScale.ts'

/** An autoencoder with its parameters, whatever it was read from. */
export interface OpenedAutoencoder {
  readonly model: ConfiguredModelOf<'reconstruction'>
  /** [P] */
  readonly theta: Numbers
  /** Of the latents of the data that it was trained on; null if it was not measured. */
  readonly scale: LatentScale | null
  /** Of the configuration and the parameters in float32: equal for equal autoencoders. */
  readonly contentHash: string
}

/** The hash of a configuration and of parameters, rounded to float32. */
export const parametersHash = (
  { config }: Pick<ConfiguredModelOf<'reconstruction'>, 'config'>,
  theta: Numbers,
): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .update(new Uint8Array(Float32Array.from(theta).buffer))
    .digest('hex')

const json = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    () => 'its configuration is not JSON',
  )

const scaleOf = (text: string | undefined, channels: number): E.Either<string, LatentScale | null> =>
  text === undefined
    ? E.right(null)
    : E.mapLeft((what: string) => `its latent_scale: ${what}`)(decodeScale(text, channels))

/** What a file holds; the error does not name the file. */
export const autoencoderFrom = (file: SafeTensors, table: Models): E.Either<string, OpenedAutoencoder> =>
  pipe(
    intact(false)(file),
    E.chain(({ metadata }) =>
      E.fromNullable('it has no "config" in its metadata: expected the configuration of an autoencoder')(
        metadata.config,
      ),
    ),
    E.chain(json),
    E.chain((raw) => decodeModel(raw, table)),
    E.chain(autoencoderOf),
    E.bindTo('model'),
    E.bind('theta', ({ model }) =>
      decode(model.spec)(
        Object.fromEntries(
          [...file.tensors].map(([name, { shape, values }]) => [name, { shape, values: Float64Array.from(values) }]),
        ),
      ),
    ),
    E.bind('scale', ({ model }) => scaleOf(file.metadata.latent_scale, latentShapeOf(model, model.shape).channels)),
    E.map((opened) => ({ ...opened, contentHash: parametersHash(opened.model, opened.theta) })),
  )

/** Reads a file; the error is one sentence that names it. */
export const readAutoencoder = (path: string, table: Models): TE.TaskEither<string, OpenedAutoencoder> =>
  pipe(
    load(path),
    TE.chainEitherK((file) => E.mapLeft((what: string) => `${path}: ${what}`)(autoencoderFrom(file, table))),
  )

/**
 * Writes a file, atomically.
 * @param dtype of the parameters
 */
export const writeAutoencoder = (
  path: string,
  { model, theta, scale }: Omit<OpenedAutoencoder, 'contentHash'>,
  dtype: Writable = 'F32',
): TE.TaskEither<string, void> =>
  save(
    path,
    sealed({
      tensors: new Map(Object.entries(encode(model.spec)(theta)).map(([name, entry]) => [name, { ...entry, dtype }])),
      metadata: {
        config: JSON.stringify(model.config),
        ...(scale === null ? {} : { latent_scale: encodeScale(scale) }),
      },
    }),
  )
