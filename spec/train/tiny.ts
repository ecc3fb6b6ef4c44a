/** A whole image model of about 5,000 parameters, images for it, and its training with the usual recipe. */
import { image } from '../../properties/agreement/training.ts'
import type { StepFeeds } from '../../src/diffusion/batch.ts'
import type { ImageShape } from '../../src/diffusion/imageShape.ts'
import type { Loss } from '../../src/diffusion/loss/loss.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { edmNoise, lognormal } from '../../src/diffusion/noise/lognormal.ts'
import type { Noising } from '../../src/diffusion/noise/noised.ts'
import { edm } from '../../src/diffusion/process/edm.ts'
import {
  type DenoisingTask,
  denoisingTask,
  type Examples,
  type Network,
  noisedBatches,
} from '../../src/diffusion/task.ts'
import { compile } from '../../src/lower/compile.ts'
import { imageModel } from '../../src/models/image/imageModel.ts'
import { arbitrary, type Spec } from '../../src/nn/spec.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { fold, type Key, key, normal } from '../../src/random/key.ts'
import { type AdamW, adamw } from '../../src/train/adamw.ts'
import type { Ema } from '../../src/train/ema.ts'
import { clipByGlobalNorm } from '../../src/train/links.ts'
import { chain } from '../../src/train/optimiser.ts'
import { initialState, type Run, runOf, type StepResult } from '../../src/train/run.ts'
import { trainingStep } from '../../src/train/step.ts'

export { image as tiny }

export interface Rules {
  readonly loss: Loss
  /** Images of an update, in micro-batches of `microBatch`. */
  readonly batch: number
  readonly microBatch: number
  readonly sigmaData: number
  readonly noising: Noising
  readonly clip: number
  readonly adamw: AdamW
  readonly ema: Ema
}

export const rules: Rules = {
  loss: mse,
  batch: 4,
  microBatch: 4,
  sigmaData: 0.5,
  noising: { distribution: lognormal(edmNoise), labelDropout: 0.1 },
  clip: 1,
  adamw: { learningRate: 1e-3, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01 },
  ema: { halfLife: 1000, ramp: 0.05 },
}

export const taskOf = <S extends Spec>(network: Network<S>, shape: ImageShape, r: Rules): DenoisingTask<S> =>
  denoisingTask(network, {
    ...shape,
    batch: r.microBatch,
    accumulate: r.batch / r.microBatch,
    loss: r.loss,
    optimiser: chain(clipByGlobalNorm(r.clip), adamw(r.adamw)),
    ema: r.ema,
  })

/** The micro-batch of these rules that begins at an image. */
export const batchesOf = (shape: ImageShape, r: Rules, of: Key, examples: Examples): ((images: number) => StepFeeds) =>
  noisedBatches(r.noising, of, examples, { process: edm(r.sigmaData), classes: shape.classes, batch: r.microBatch })

/** Smooth images, `count` of them again and again. */
export const pictures =
  (count: number): Examples =>
  (position) => {
    const i = position % count
    const [a = 0, b = 0, c = 0] = normal(fold(key(7), i), 3)
    const image = Float32Array.from({ length: 192 }, (_, j) => {
      const [y, x, channel] = [Math.floor(j / 24) / 8, (Math.floor(j / 3) % 8) / 8, j % 3]
      return 0.6 * Math.sin(3 * a * y + 3 * b * x + c + 2 * channel)
    })
    return { image, label: i % 3 }
  }

export interface Training extends Pick<Run, 'state' | 'load' | 'progress' | 'dispose'> {
  /** Takes n updates. */
  readonly run: (n: number) => Promise<readonly StepResult[]>
  /** Runs the first micro-batch of an update that has several, and no more. */
  readonly begin: () => Promise<void>
}

const shape: ImageShape = { size: 8, channels: 3, classes: 3 }

export const training = async (
  backend: Backend,
  r: Rules = rules,
  { count = 64, random = false, threads = 1 }: { count?: number; random?: boolean; threads?: number } = {},
): Promise<Training> => {
  const model = imageModel(image)
  const task = taskOf(model, shape, r)
  const run = runOf(await compile(backend, { threads })(trainingStep(task)), task)
  const theta = arbitrary(model.spec)(key(0))
  const start = initialState(task, key(0))
  await run.load(random ? { ...start, theta, average: theta } : start, { images: 0, updates: 0 })
  const batches = batchesOf(shape, r, key(1), pictures(count))
  const taken = async (n: number): Promise<readonly StepResult[]> => {
    const results: StepResult[] = []
    if (n > 0)
      for await (const result of run.steps(batches)) {
        results.push(result)
        if (results.length === n) break
      }
    return results
  }
  const begin = async (): Promise<void> => {
    for await (const _ of run.steps([batches(run.progress().images)])) throw new Error('an update was complete')
  }
  const { state, load, progress, dispose } = run
  return { state, load, progress, dispose, run: taken, begin }
}
