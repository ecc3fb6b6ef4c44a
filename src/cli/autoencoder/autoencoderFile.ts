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
import { loadParameters } from '../../interchange/parameters.ts'
import { sealed } from '../../io/contentHash.ts'
import { save } from '../../io/safetensorsFile.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import { autoencoderOf, type Models } from '../../models/models.ts'
import { encode } from '../../nn/spec.ts'
import type { Numbers } from '../../plan/backend.ts'
import { decodeScale, encodeScale } from './latentScale.ts'

/** An autoencoder with its parameters, whatever it was read from. */
export interface OpenedAutoencoder {
  readonly model: ConfiguredModelOf<'reconstruction'>
  /** [P] */
  readonly theta: Numbers
  /** Of the latents of a data set; null if none was measured. */
  readonly scale: LatentScale | null
  /** Of the configuration and the parameters in float32: equal for equal autoencoders. */
  readonly contentHash: string
}

/** An autoencoder with the scale of latents that it encodes or decodes. */
export interface ScaledAutoencoder extends OpenedAutoencoder {
  readonly scale: LatentScale
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

const scaleOf = (text: string | undefined, channels: number): E.Either<string, LatentScale | null> =>
  text === undefined
    ? E.right(null)
    : E.mapLeft((what: string) => `its latent_scale: ${what}`)(decodeScale(text, channels))

/** Reads a file, of any layout that is known (src/interchange); the error is one sentence that names it. */
export const readAutoencoder = (path: string, table: Models): TE.TaskEither<string, OpenedAutoencoder> =>
  pipe(
    loadParameters(path, { models: table, expects: autoencoderOf }),
    TE.chainEitherK(({ model, theta, metadata }) =>
      pipe(
        autoencoderOf(model),
        E.bindTo('model'),
        E.bind('scale', (of) => scaleOf(metadata.latent_scale, latentShapeOf(of.model, of.model.shape).channels)),
        E.bimap(
          (what) => `${path}: ${what}`,
          (opened) => ({ ...opened, theta, contentHash: parametersHash(opened.model, theta) }),
        ),
      ),
    ),
  )

/** Writes a file, atomically, in half precision, in which latents are encoded and decoded. */
export const writeAutoencoder = (
  path: string,
  { model, theta, scale }: Omit<OpenedAutoencoder, 'contentHash'>,
): TE.TaskEither<string, void> =>
  save(
    path,
    sealed({
      tensors: new Map(
        Object.entries(encode(model.spec)(theta)).map(([name, entry]) => [name, { ...entry, dtype: 'F16' }]),
      ),
      metadata: {
        config: JSON.stringify(model.config),
        ...(scale === null ? {} : { latent_scale: encodeScale(scale) }),
      },
    }),
  )
