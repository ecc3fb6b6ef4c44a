/**
 * The autoencoder of latents: in half precision, whatever it was opened from, so that the copy that a run or a cache keeps is the one
 * that encoded.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type CompiledAutoencoder, compileAutoencoder } from '../../autoencoder/compiledAutoencoder.ts'
import { latentShapeOf } from '../../autoencoder/task.ts'
import type { Dataset } from '../../data/dataset.ts'
import { carriedAutoencoder } from '../../models/carried.ts'
import type { ConfiguredModel } from '../../models/model.ts'
import type { Backend } from '../../plan/backend.ts'
import {
  type OpenedAutoencoder,
  parametersHash,
  readAutoencoder,
  type ScaledAutoencoder,
  writeAutoencoder,
} from '../autoencoder/autoencoderFile.ts'
import { openAutoencoder } from '../autoencoder/openAutoencoder.ts'
import { fail, must } from '../errors.ts'
import { invocation } from '../invocation.ts'
import type { Catalogue } from '../settings/options.ts'
import { type ImageSpace, latentSpace, type PictureShape, pixelSpace } from './imageSpace.ts'

/** In the folder of a run of latents, or of a cache of them: what its latents are decoded by. */
export const keptAutoencoderPath = (folder: string): string => join(folder, 'autoencoder.safetensors')

/** The autoencoder that the package has. */
const carried = fileURLToPath(carriedAutoencoder)

/** The same in half precision, in which latents are encoded and decoded. */
export const halved = ({ model, theta, scale }: Omit<OpenedAutoencoder, 'contentHash'>): OpenedAutoencoder => {
  const half = Float64Array.from(new Float16Array(theta))
  return { model, theta: half, scale, contentHash: parametersHash(model, half) }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** The one at a path: a run's folder or a file; empty for the one that the package has. Fails in one sentence. */
export const openForLatents = async (
  path: string,
  known: Catalogue,
  say: (line: string) => void,
): Promise<OpenedAutoencoder> => {
  if (path === '' && !(await isThere(carried)))
    fail(
      `${carried} is missing: train an autoencoder (${invocation('train', '--preset kl-tiny --out runs/kl-tiny')}), and name it: --autoencoder runs/kl-tiny`,
    )
  return halved(await openAutoencoder(path === '' ? carried : path, known, say))
}

/**
 * The one that a folder keeps, with the scale of its latents; the error is one sentence where there is none, or another.
 * @param expected the content hash of the one that encoded its latents; null where nothing says it
 */
export const readKept = (
  folder: string,
  expected: string | null,
  { models }: Pick<Catalogue, 'models'>,
): TE.TaskEither<string, ScaledAutoencoder> => {
  const path = keptAutoencoderPath(folder)
  return pipe(
    TE.fromTask<boolean, string>(() => isThere(path)),
    TE.filterOrElse(
      (there) => there,
      () =>
        `${path} is missing, which encodes and decodes the latents: copy it there from another copy of the folder, or from the folder of the latents`,
    ),
    TE.chain(() => readAutoencoder(path, models)),
    TE.map(halved),
    TE.chainEitherK((opened) =>
      opened.scale === null
        ? E.left(`${path} has no latent_scale: expected the file that was written there`)
        : E.right({ ...opened, scale: opened.scale }),
    ),
    TE.filterOrElse(
      ({ contentHash }) => expected === null || contentHash === expected,
      () =>
        `${path} is another autoencoder than the one that encoded the latents: expected the file that was written there`,
    ),
  )
}

/** The same; fails in that sentence. */
export const openKept = (...of: Parameters<typeof readKept>): Promise<ScaledAutoencoder> => must(readKept(...of))

/** Keeps it in a folder, with the scale of the latents there. */
export const keepAutoencoder = (
  folder: string,
  opened: Omit<ScaledAutoencoder, 'contentHash'>,
): TE.TaskEither<string, void> => writeAutoencoder(keptAutoencoderPath(folder), opened)

/** Pixels along a side of a picture for one of its latents. */
export const factorOf = ({ model }: Pick<OpenedAutoencoder, 'model'>): number =>
  model.shape.size / latentShapeOf(model, model.shape).size

/** The shape of the pictures whose latents a model takes. */
export const pictureShapeOf = ({ shape }: Pick<ConfiguredModel, 'shape'>, opened: OpenedAutoencoder): PictureShape => ({
  size: shape.size * factorOf(opened),
  channels: opened.model.shape.channels,
})

/** Pictures that are encoded or decoded together; it affects memory and speed only. */
const together = 16

export interface Machine {
  readonly backend: Backend
  readonly threads: number
}

/** Compiled for pictures of a shape. */
export const compiledFor = (
  { model, theta }: OpenedAutoencoder,
  picture: PictureShape,
  { backend, threads }: Machine,
): CompiledAutoencoder => compileAutoencoder(backend, { threads })(model, theta, { batch: together, ...picture })

/** The space of a model's images; with the autoencoder, whose scale is that of the latents, for a model of latents. */
export const spaceOf = (
  model: Pick<ConfiguredModel, 'shape'>,
  opened: ScaledAutoencoder | null,
  machine: Machine,
): ImageSpace => {
  if (opened === null) return pixelSpace(model.shape)
  return latentSpace(compiledFor(opened, pictureShapeOf(model, opened), machine), opened.scale)
}

/** The autoencoder with the scale of a data set of latents that it encoded. */
export const scaledBy = (opened: OpenedAutoencoder, { name, encoded }: Dataset): ScaledAutoencoder => {
  if (encoded === undefined) throw new TypeError(`${name}: expected latents`)
  return { ...opened, scale: encoded.scale }
}
