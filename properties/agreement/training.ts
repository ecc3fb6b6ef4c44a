/** Five steps of training: the losses, the gradient norms, and the final parameters and their EMA. */
import { cpu } from '../../backends/cpu/index.ts'
import { oneHot } from '../../src/diffusion/labels.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { denoisingTask } from '../../src/diffusion/task.ts'
import { planOf } from '../../src/lower/compile.ts'
import { image as imageModel } from '../../src/models/image/image.ts'
import type { ImageConfig } from '../../src/models/image/imageConfig.ts'
import { latent as latentModel } from '../../src/models/latent/latent.ts'
import type { LatentConfig } from '../../src/models/latent/latentConfig.ts'
import type { ConfiguredModelOf } from '../../src/models/model.ts'
import { arbitrary } from '../../src/nn/spec.ts'
import type { Backend, Executable, Named } from '../../src/plan/backend.ts'
import { type Feeds, withShapes } from '../../src/plan/compiled.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { key, normal } from '../../src/random/key.ts'
import { size } from '../../src/tensor/shape.ts'
import { adamw } from '../../src/train/adamw.ts'
import { emaFeeds } from '../../src/train/ema.ts'
import { clipByGlobalNorm } from '../../src/train/links.ts'
import { chain } from '../../src/train/optimiser.ts'
import { type CompiledStep, trainingStep } from '../../src/train/step.ts'
import { compare } from './agree.ts'
import type { Case } from './case.ts'

export const image: ImageConfig = {
  model: 'image',
  image_size: 8,
  channels: 3,
  widths: [8, 8],
  depths: [1, 1],
  window: 4,
  heads: 2,
  time_width: 16,
  mlp_ratio: 2,
  classes: 3,
  learn_sigma: false,
  augment_labels: 0,
}
export const latent: LatentConfig = {
  model: 'latent',
  input_size: 4,
  channels: 4,
  patch: 2,
  width: 16,
  depth: 2,
  heads: 2,
  mlp_ratio: 2,
  classes: 3,
  learn_sigma: false,
}

const steps = 5
const batch = 2
const optimiser = chain(
  clipByGlobalNorm(1),
  adamw({ learningRate: 1e-3, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01 }),
)
const ema = { halfLife: 100, ramp: 1 }

const drawn = ['input', 'target', 'time']

/** The feeds of step i. */
const feedsOf = (plan: Plan, classes: number | null, i: number): Feeds => ({
  ...Object.fromEntries(
    plan.inputs.flatMap(({ name, shape }) =>
      drawn.includes(name) ? [[name, normal(key(10 * i + drawn.indexOf(name)), size(shape))]] : [],
    ),
  ),
  ...oneHot(
    Array.from({ length: batch }, (_, j) => (i + j) % (classes ?? 1)),
    classes,
  ),
  weight: Float64Array.from({ length: batch }, () => 1 / batch),
  ...optimiser.feeds({ images: (i + 1) * batch, updates: i + 1 }),
  ...emaFeeds(0.9),
})

export interface Training<X extends Executable = Executable> extends Pick<CompiledStep, 'read' | 'dispose'> {
  readonly step: (i: number) => Promise<{ readonly loss: number; readonly gradientNorm: number }>
  readonly executable: X
}

/** A model's training, from random non-zero parameters. */
export const started = async <X extends Executable>(
  model: ConfiguredModelOf<'denoising'>,
  backend: { readonly compile: (plan: Plan) => Promise<X> },
): Promise<Training<X>> => {
  const { classes } = model.shape
  const program = trainingStep(denoisingTask(model, { ...model.shape, batch, loss: mse, optimiser, ema }))
  const plan = planOf(program)
  const executable = await backend.compile(plan)
  const compiled = withShapes(plan, executable, program)
  const theta = arbitrary(model.spec)(key(1))
  await compiled.write({ theta, average: theta.map((x) => x / 2) })
  return {
    executable,
    read: compiled.read,
    dispose: compiled.dispose,
    step: (i) => compiled.run(feedsOf(plan, classes, i)),
  }
}

const trained = async (model: ConfiguredModelOf<'denoising'>, backend: Backend): Promise<Named> => {
  const { read, step, dispose } = await started(model, backend)
  try {
    const done: { readonly loss: number; readonly gradientNorm: number }[] = []
    for (let i = 0; i < steps; i++) done.push(await step(i))
    const [losses, norms] = [done.map((d) => d.loss), done.map((d) => d.gradientNorm)].map((x) => Float64Array.from(x))
    const state = await read(['theta', 'average', 'adam.m', 'adam.v'])
    return { losses: losses ?? new Float64Array(), norms: norms ?? new Float64Array(), ...state }
  } finally {
    await dispose()
  }
}

export const training: readonly Case[] = [imageModel.of(image), latentModel.of(latent)].map((model) => ({
  name: `five steps of training the ${model.config.model} model`,
  run: async (backend) => compare(await trained(model, backend), await trained(model, cpu), 1e-3),
}))
