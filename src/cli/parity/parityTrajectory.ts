/** Training steps and a sample compared with the reference's, given the same random numbers. */
import { stepFeeds } from '../../diffusion/batch.ts'
import { denoiser, together } from '../../diffusion/denoiser.ts'
import { mse } from '../../diffusion/loss/mse.ts'
import { edm } from '../../diffusion/process/edm.ts'
import { heun } from '../../diffusion/sampler/heun.ts'
import { startingAt } from '../../diffusion/sampler/sampler.ts'
import { karras } from '../../diffusion/schedule/karras.ts'
import { edmRange } from '../../diffusion/schedule/schedule.ts'
import { denoisingTask, forward, type Shapes } from '../../diffusion/task.ts'
import { compile } from '../../lower/compile.ts'
import { denoiserOf } from '../../models/models.ts'
import type { Backend, CompileOptions } from '../../plan/backend.ts'
import type { Feeds } from '../../plan/compiled.ts'
import { adamw } from '../../train/adamw.ts'
import { emaFeeds } from '../../train/ema.ts'
import { clipByGlobalNorm } from '../../train/links.ts'
import { chain } from '../../train/optimiser.ts'
import { trainingStep } from '../../train/step.ts'
import { mustBe } from '../errors.ts'
import { type Deviation, worstOf } from './parityCase.ts'
import { channelsLast, imageSizes, labelsOf, type Reference, relativeError } from './reference.ts'

// the reference's hyperparameters
const process = edm(0.5)
const optimiser = chain(
  clipByGlobalNorm(1),
  adamw({ learningRate: 1e-3, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01 }),
)
/** In place of EDM's average, whose settings have no effect here. */
const decay = (i: number): number => Math.min(0.999, (1 + i) / (10 + i))
const ema = { halfLife: 1, ramp: 1 }

const feedsOf = (file: Reference, i: number, { batch, classes, augmentLabels }: Shapes): Feeds => {
  const each = (name: string): Float64Array => channelsLast(file.tensor(`step${i}.${name}`))
  const [images, noise] = [each('x'), each('noise')]
  const labels = labelsOf(file, `step${i}.y`, batch)
  const n = images.length / batch
  const shown = Array.from(file.tensor(`step${i}.sigma`).values, (sigma, j) => ({
    image: images.subarray(j * n, (j + 1) * n),
    noise: noise.subarray(j * n, (j + 1) * n),
    sigma,
    label: labels[j] ?? null,
  }))
  return {
    ...stepFeeds(shown, { process, classes, whole: batch, ...(augmentLabels === undefined ? {} : { augmentLabels }) }),
    ...optimiser.feeds({ images: (i + 1) * batch, updates: i + 1 }),
    ...emaFeeds(decay(i)),
  }
}

export const parityTrajectory = async (
  backend: Backend,
  options: CompileOptions,
  file: Reference,
): Promise<readonly Deviation[]> => {
  const [batch, channels, size] = imageSizes(file.tensor('step0.x'))
  const model = mustBe(denoiserOf(file.model))
  const shapes = { ...model.shape, batch, channels, size }
  const steps = file.tensor('losses').values.length

  const task = denoisingTask(model, { ...shapes, loss: mse, optimiser, ema })
  const training = await compile(backend, options)(trainingStep(task))
  const [losses, norms]: readonly [number[], number[]] = [[], []]
  const zeros = new Float64Array(file.theta.length)
  await training.write({ theta: file.theta, average: file.theta, 'adam.m': zeros, 'adam.v': zeros })
  for (let i = 0; i < steps; i++) {
    const { loss, gradientNorm } = await training.run(feedsOf(file, i, shapes))
    losses.push(loss)
    norms.push(gradientNorm)
  }
  const { average } = await training.read(['average'])
  await training.dispose()

  const executable = await compile(backend, options)(forward(model, shapes))
  await executable.write({ theta: average })
  const denoise = together(denoiser({ ...shapes, executable, process }), labelsOf(file, 'sample.y', batch))
  const levels = karras.levels(Number(file.metadata.sampler_steps), edmRange)
  const image = await heun().run(denoise, levels, [])(startingAt(levels, channelsLast(file.tensor('sample.noise'))))
  await executable.dispose()

  const deviation = (what: string, ours: Float64Array, theirs: Float32Array | Float64Array): Deviation =>
    worstOf(what, [[what, relativeError(ours, theirs)]])
  return [
    deviation('losses', Float64Array.from(losses), file.tensor('losses').values),
    deviation('gradient norms', Float64Array.from(norms), file.tensor('gradient_norms').values),
    deviation('image', image, channelsLast(file.tensor('sample.image'))),
  ]
}
