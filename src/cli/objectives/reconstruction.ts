/**
 * The objective of autoencoders: reconstruction and the divergence of the latents; a validation is the loss, the peak
 * signal-to-noise ratio and the divergence over held-out pictures, a picture shows them above what is decoded of their latents.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { reconstructionBatches } from '../../autoencoder/batch.ts'
import { reconstructionLosses } from '../../autoencoder/loss.ts'
import { reconstructionScore } from '../../autoencoder/scores.ts'
import { latentShapeOf, reconstructing, reconstructionTask, type Shapes } from '../../autoencoder/task.ts'
import { examples } from '../../data/batches.ts'
import type { Dataset } from '../../data/dataset.ts'
import { writeAtomic } from '../../io/atomic.ts'
import { grid, type Row } from '../../io/png.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import { batched, outputOf } from '../../plan/batched.ts'
import { heldOutPictures } from '../data.ts'
import { invocation } from '../invocation.ts'
import { keysOf } from '../keys.ts'
import type { Settings } from '../settings/options.ts'
import { rulesOf } from '../task.ts'
import { type ObjectiveOf, type Report, type Reporting, trainingOf } from './objective.ts'

type Autoencoder = ConfiguredModelOf<'reconstruction'>

export const autoencoderShapes = (
  { shape: { size, channels } }: Pick<Autoencoder, 'shape'>,
  batch: number,
): Shapes => ({
  batch,
  size,
  channels,
})

/** Pairs of rows of the picture: pictures, and what is decoded of their latents below them. */
const pairs = 3

/** Pictures of n numbers each, one after the other. */
const apart = (values: Float32Array, each: number): readonly Float32Array[] =>
  Array.from({ length: values.length / each }, (_, i) => values.subarray(i * each, (i + 1) * each))

const together = (pictures: readonly Float32Array[], each: number): Float32Array => {
  const out = new Float32Array(pictures.length * each)
  pictures.forEach((picture, i) => {
    out.set(picture, i * each)
  })
  return out
}

const reportOf = (model: Autoencoder, settings: Settings, { executable, batch, dataset, count }: Reporting): Report => {
  const { reconstruction_loss: loss, kl_weight: klWeight } = settings.training
  const { size, channels } = model.shape
  const each = size * size * channels
  const pictures = heldOutPictures(dataset, count).map(({ image }) => image)
  const made = async (which: readonly Float32Array[], stopCheck: () => void) => {
    const outputs = await batched({ executable, batch, input: 'image', each }, stopCheck)(together(which, each))
    return {
      reconstruction: outputOf(outputs, 'reconstruction'),
      mean: outputOf(outputs, 'mean'),
      logVariance: outputOf(outputs, 'logVariance'),
    }
  }
  return {
    images: pictures.length,
    validate: async (stopCheck) => {
      const about = { each, loss: reconstructionLosses[loss], klWeight }
      const { loss: value, ...measures } = reconstructionScore(
        await made(pictures, stopCheck),
        together(pictures, each),
        about,
      )
      return { loss: value, measures }
    },
    picture: { columns: settings.sampling.columns, steps: 1 },
    pictureSeconds: ({ columns }, validationSeconds) =>
      (validationSeconds * Math.min(pictures.length, pairs * columns)) / pictures.length,
    draw: async ({ columns }, path, stopCheck) => {
      const shown = pictures.slice(0, pairs * columns)
      const decoded = apart((await made(shown, stopCheck)).reconstruction, each)
      const rows = Array.from({ length: Math.ceil(shown.length / columns) }, (_, i): readonly Row[] => {
        const [from, to] = [i * columns, (i + 1) * columns]
        return [
          { label: 'input', images: shown.slice(from, to) },
          { label: 'output', images: decoded.slice(from, to) },
        ]
      }).flat()
      return pipe(
        grid({ rows, height: size, width: size, channels: channels === 1 ? 1 : 3 }),
        TE.chain((png) => writeAtomic(path, png)),
      )()
    },
  }
}

export const reconstruction: ObjectiveOf<'reconstruction'> = {
  trains: 'an autoencoder',
  next: (folder) =>
    `train a model of its latents with: ${invocation('train', `--preset latent-tiny --autoencoder ${folder}`)}`,
  network: (model, batch) => reconstructing(model, autoencoderShapes(model, batch)),
  of: (model, settings) => {
    const { seed, training } = settings
    return {
      training: (microBatch = training.micro_batch) =>
        trainingOf(
          reconstructionTask(model, {
            ...autoencoderShapes(model, microBatch),
            loss: reconstructionLosses[training.reconstruction_loss],
            klWeight: training.kl_weight,
            ...rulesOf(model, training, microBatch),
          }),
        ),
      batches: (dataset: Dataset) => {
        const keys = keysOf(seed)
        const shapes = autoencoderShapes(model, training.micro_batch)
        return reconstructionBatches(
          keys.noise,
          examples(dataset, keys.order),
          shapes,
          latentShapeOf(model, model.shape),
        )
      },
      mostValidated: 256,
      report: (about) => reportOf(model, settings, about),
    }
  },
}
