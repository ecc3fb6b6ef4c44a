/** Training steps and a sample compared with the reference's, given the same random numbers. */
import { precondition } from '../diffusion/precondition.ts'
import { heun } from '../diffusion/sampler.ts'
import { sigmas } from '../diffusion/schedule.ts'
import { timeEmbedding } from '../diffusion/timeEmbedding.ts'
import { compile } from '../lower/compile.ts'
import { frequencies } from '../nn/embedding.ts'
import type { Backend, CompileOptions, Named } from '../plan/backend.ts'
import { oneHot, stepFeeds } from '../train/batch.ts'
import { emaScalars } from '../train/ema.ts'
import { freshState } from '../train/loop.ts'
import { adamwScalars, fed } from '../train/optimiser.ts'
import { forward, type Shapes, trainingStep } from '../train/step.ts'
import { type Deviation, worstOf } from './parityCase.ts'
import { channelsLast, imageSizes, labelsOf, type Reference, relativeError } from './reference.ts'

// the reference's hyperparameters
const sigmaData = 0.5
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
    ...stepFeeds(shown, { sigmaData, classes, whole: batch }),
    ...fed({ ...adamwScalars(adamw, learningRate, i + 1), ...emaScalars(decay(i)) }),
  }
}

export const parityTrajectory = async (
  backend: Backend,
  options: CompileOptions,
  file: Reference,
): Promise<readonly Deviation[]> => {
  const [batch, channels, size] = imageSizes(file.tensor('step0.x'))
  const { model } = file
  const { classes } = model.shape
  const shapes = { batch, channels, size, classes }
  const steps = file.tensor('losses').values.length

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

  const network = await compile(backend, options)(forward(model, shapes))
  await network.write({ theta: average ?? new Float64Array() })
  const labels = oneHot(labelsOf(file, 'sample.y', batch), classes)
  const denoise = async (x: Float64Array, sigma: number): Promise<Float64Array> => {
    const { cSkip, cOut, cIn, cNoise } = precondition(sigmaData)(sigma)
    const sinusoids = timeEmbedding(frequencies)(cNoise)
    const time = Float64Array.from({ length: batch * frequencies }, (_, i) => sinusoids[i % frequencies] ?? Number.NaN)
    const answer = await network.run({ input: x.map((v) => cIn * v), time, ...labels })
    return x.map((v, i) => cSkip * v + cOut * (answer.network?.[i] ?? Number.NaN))
  }
  const levels = sigmas(Number(file.metadata.sampler_steps))
  const image = await heun(denoise, levels)(channelsLast(file.tensor('sample.noise')))
  await network.dispose()

  const deviation = (what: string, ours: Float64Array, theirs: Float32Array | Float64Array): Deviation =>
    worstOf(what, [[what, relativeError(ours, theirs)]])
  return [
    deviation('losses', Float64Array.from(losses), file.tensor('losses').values),
    deviation('gradient norms', Float64Array.from(norms), file.tensor('gradient_norms').values),
    deviation('image', image, channelsLast(file.tensor('sample.image'))),
  ]
}
