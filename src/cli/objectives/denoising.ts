/** The objective of denoisers: the diffusion loss; a validation is that loss with fixed noise, a picture is a grid of samples. */
import { examples } from '../../data/batches.ts'
import type { Dataset } from '../../data/dataset.ts'
import { losses } from '../../diffusion/loss/losses.ts'
import type { CompiledNetwork } from '../../diffusion/network.ts'
import { guidedShare } from '../../diffusion/sample.ts'
import {
  type DenoisingTask,
  denoisingTask,
  forward,
  learnsVariance,
  noisedBatches,
  type Shapes,
} from '../../diffusion/task.ts'
import { meanLoss } from '../../diffusion/validation.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import type { ByName } from '../../nn/spec.ts'
import { validationOf } from '../data.ts'
import { fail } from '../errors.ts'
import { drawGrid, rowsOf } from '../grid.ts'
import { invocation } from '../invocation.ts'
import { keysOf } from '../keys.ts'
import type { Settings } from '../settings/options.ts'
import {
  fewerSteps,
  noisingOf,
  processOf,
  samplerOf,
  samplingOf,
  trainingNoisingOf,
  weightedProcessOf,
} from '../settings/tables.ts'
import { rulesOf, startingSpec } from '../task.ts'
import { type ObjectiveOf, type Report, type Reporting, trainingOf } from './objective.ts'

type Denoiser = ConfiguredModelOf<'denoising'>

export const shapesOf = ({ shape }: Pick<Denoiser, 'shape'>, batch: number): Shapes => ({ batch, ...shape })

/** Whether a model learns the variance too; settings by which it cannot are a `Failure`. */
const variance = (model: Denoiser, { process, noise }: Settings['training']): boolean => {
  const learns = learnsVariance(model, model.shape)
  if (learns && (process !== 'discrete' || noise !== 'timesteps'))
    fail(
      `the model learns the variance (learn_sigma), but training.process is "${process}" and training.noise is "${noise}": expected process "discrete" and noise "timesteps"`,
    )
  return learns
}

/** @param microBatch images at a time, a divisor of the batch */
export const denoisingTaskOf = (
  model: Denoiser,
  { training }: Pick<Settings, 'training'>,
  microBatch: number = training.micro_batch,
): DenoisingTask<ByName> => {
  variance(model, training)
  return denoisingTask(
    { ...model, spec: startingSpec(model, training) },
    {
      ...model.shape,
      batch: microBatch,
      loss: losses[training.loss],
      ...rulesOf(model, training, microBatch),
    },
  )
}

const reportOf = (
  model: Denoiser,
  settings: Settings,
  { executable, batch, dataset, space, count }: Reporting,
): Report => {
  const { training, sampling } = settings
  const keys = keysOf(settings.seed)
  const network: CompiledNetwork = { ...shapesOf(model, batch), executable, process: processOf(training) }
  const validation = validationOf(dataset, count, noisingOf(training), keys.validation)
  const rows = rowsOf(dataset.classes, model.shape.classes !== null)
  return {
    images: validation.length,
    validate: async (stopCheck) => ({
      loss: await meanLoss(network, losses[training.loss], stopCheck)(validation),
      measures: {},
    }),
    picture: sampling,
    pictureSeconds: ({ columns, steps }, validationSeconds) => {
      const padded = (images: number): number => Math.ceil(images / batch) * batch
      const images = rows.length * columns
      const twice = network.classes === null ? 0 : guidedShare(samplingOf({ ...sampling, steps }, network.process))
      const each = validationSeconds / padded(validation.length)
      const evaluated = twice * padded(2 * images) + (1 - twice) * padded(images)
      return each * evaluated * samplerOf(sampling).evaluations(steps)
    },
    draw: ({ columns, steps }, path, stopCheck) =>
      drawGrid(
        network,
        samplingOf({ ...sampling, steps: fewerSteps(sampling, network.process, steps) }, network.process),
        { key: keys.samples, rows, columns, path, space },
        { stopCheck },
      ),
  }
}

export const denoising: ObjectiveOf<'denoising'> = {
  trains: 'a denoiser',
  next: (folder) => `generate more with: ${invocation('sample', `--run ${folder}`)}`,
  network: (model, batch) => forward(model, shapesOf(model, batch)),
  of: (model, settings) => ({
    training: (microBatch) => trainingOf(denoisingTaskOf(model, settings, microBatch)),
    batches: (dataset: Dataset) => {
      const { seed, training } = settings
      const keys = keysOf(seed)
      return noisedBatches(trainingNoisingOf(training, model.shape), keys.noise, examples(dataset, keys.order), {
        ...model.shape,
        process: weightedProcessOf(training),
        batch: training.micro_batch,
        variance: variance(model, training),
      })
    },
    mostValidated: 256,
    report: (about) => reportOf(model, settings, about),
  }),
}
