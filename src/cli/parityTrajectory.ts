/** Training steps and a sample compared with the reference's, given the same random numbers. */
import { modelOf } from '../diffit/model.ts'
import { stepFeeds } from '../diffusion/batch.ts'
import { denoiser, together } from '../diffusion/denoiser.ts'
import { edm } from '../diffusion/edm.ts'
import { heun } from '../diffusion/heun.ts'
import { karras } from '../diffusion/karras.ts'
import { edmRange } from '../diffusion/schedule.ts'
import { compile } from '../lower/compile.ts'
import type { Backend, CompileOptions, Named } from '../plan/backend.ts'
import { emaScalars } from '../train/ema.ts'
import { freshState } from '../train/loop.ts'
import { adamwScalars, fed } from '../train/optimiser.ts'
import { forward, type Shapes, trainingStep } from '../train/step.ts'
import { type Deviation, worstOf } from './parityCase.ts'
import { channelsLast, imageSizes, labelsOf, type Reference, relativeError } from './reference.ts'

// the reference's hyperparameters
const process = edm(0.5)
const learningRate = 1e-3
const adamw = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, clip: 1 }
const decay = (i: number): number => Math.min(0.999, (1 + i) / (10 + i))

const feedsOf = (file: Reference, i: number, { batch, classes }: Shapes): Named => {
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
    ...stepFeeds(shown, { process, classes, whole: batch }),
    ...fed({ ...adamwScalars(adamw, learningRate, i + 1), ...emaScalars(decay(i)) }),
  }
}

export const parityTrajectory = async (
  backend: Backend,
  options: CompileOptions,
  file: Reference,
): Promise<readonly Deviation[]> => {
  const [batch, channels, size] = imageSizes(file.tensor('step0.x'))
  const { classes } = file.config
  const shapes = { batch, channels, size, classes }
  const steps = file.tensor('losses').values.length
  const model = modelOf(file.config)

  const training = await compile(backend, options)(trainingStep(model, { ...shapes, loss: 'mse', accumulates: false }))
  const [losses, norms]: readonly [number[], number[]] = [[], []]
  await training.write({ ...freshState(file.theta) })
  for (let i = 0; i < steps; i++) {
    const { loss, gradientNorm } = await training.run(feedsOf(file, i, shapes))
    losses.push(loss?.[0] ?? Number.NaN)
    norms.push(gradientNorm?.[0] ?? Number.NaN)
  }
  const { average } = await training.read(['average'])
  await training.dispose()

  const executable = await compile(backend, options)(forward(model, shapes))
  await executable.write({ theta: average ?? new Float64Array() })
  const denoise = together(denoiser({ ...shapes, executable, process }), labelsOf(file, 'sample.y', batch))
  const levels = karras.levels(Number(file.metadata.sampler_steps), edmRange)
  const image = await heun.run(denoise, levels, [])(channelsLast(file.tensor('sample.noise')))
  await executable.dispose()

  const deviation = (what: string, ours: Float64Array, theirs: Float32Array | Float64Array): Deviation =>
    worstOf(what, [[what, relativeError(ours, theirs)]])
  return [
    deviation('losses', Float64Array.from(losses), file.tensor('losses').values),
    deviation('gradient norms', Float64Array.from(norms), file.tensor('gradient_norms').values),
    deviation('image', image, channelsLast(file.tensor('sample.image'))),
  ]
}
