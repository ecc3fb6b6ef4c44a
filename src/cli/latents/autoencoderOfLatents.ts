/**
 * The autoencoder of latents: in half precision, whatever it was opened from, so that the copy that a run or a cache keeps is the one
 * that encoded.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as TE from 'fp-ts/lib/TaskEither.js'
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

const halved = ({ model, theta, scale }: OpenedAutoencoder): OpenedAutoencoder => {
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

/** The one that a folder keeps. */
export const openKept = async (folder: string, { models }: Pick<Catalogue, 'models'>): Promise<OpenedAutoencoder> =>
  halved(await must(readAutoencoder(keptAutoencoderPath(folder), models)))

/** Keeps it in a folder, with the scale of the latents there. */
export const keepAutoencoder = (
  folder: string,
  opened: Omit<OpenedAutoencoder, 'contentHash'>,
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
  opened: OpenedAutoencoder | null,
  machine: Machine,
): ImageSpace => {
  if (opened === null) return pixelSpace(model.shape)
  if (opened.scale === null) throw new TypeError('the scale of the latents is known')
  return latentSpace(compiledFor(opened, pictureShapeOf(model, opened), machine), opened.scale)
}

/** The autoencoder with the scale of a data set of latents that it encoded. */
export const scaledBy = (opened: OpenedAutoencoder, { encoded }: Dataset): OpenedAutoencoder => ({
  ...opened,
  scale: encoded?.scale ?? opened.scale,
})
