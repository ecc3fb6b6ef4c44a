/** A whole image model of about 5,000 parameters, and images for it. */

import { image } from '../../properties/agreement/training.ts'
import { imageModel } from '../../src/diffit/image.ts'
import { edm } from '../../src/diffusion/edm.ts'
import { edmNoise, lognormal } from '../../src/diffusion/lognormal.ts'
import { compile } from '../../src/lower/compile.ts'
import { imageModel } from '../../src/models/image/imageModel.ts'
import { arbitrary, init } from '../../src/nn/spec.ts'
import type { Backend, Named } from '../../src/plan/backend.ts'
import { fold, key, normal } from '../../src/random/key.ts'
import { type Examples, freshState, type Result, type Rules, type Trainer, trainer } from '../../src/train/loop.ts'
import { trainingStep } from '../../src/train/step.ts'

export { image as tiny }

export const rules: Rules = {
  loss: 'mse',
  batch: 4,
  microBatch: 4,
  classes: 3,
  process: edm(0.5),
  noising: { distribution: lognormal(edmNoise), labelDropout: 0.1 },
  adamw: { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, clip: 1 },
  learningRate: { peak: 1e-3, images: 0 },
  ema: { halfLife: 1000, ramp: 0.05 },
}

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

export interface Training {
  readonly trainer: Trainer
  /** Takes n steps. */
  readonly run: (n: number) => Promise<readonly Result[]>
  /** Runs the last batch again with these numbers of a step. */
  readonly hold: (numbers: Named) => Promise<void>
  readonly dispose: () => Promise<void>
}

export const training = async (
  backend: Backend,
  r: Rules = rules,
  { count = 64, random = false, threads = 1 }: { count?: number; random?: boolean; threads?: number } = {},
): Promise<Training> => {
  const model = imageModel(image)
  const program = trainingStep(model, {
    batch: r.microBatch,
    size: 8,
    channels: 3,
    classes: 3,
    loss: r.loss,
    accumulates: r.microBatch !== r.batch,
  })
  const executable = await compile(backend, { threads })(program)
  const t = trainer(executable, r, key(1), pictures(count))
  await t.load(freshState((random ? arbitrary : init)(model.spec)(key(0))))
  let at = { step: 0, images: 0 }
  const run = async (n: number): Promise<readonly Result[]> => {
    const results: Result[] = []
    for (let i = 0; i < n; i++) {
      results.push(await t.step(at))
      at = { step: at.step + 1, images: at.images + r.batch }
    }
    return results
  }
  const hold = async (numbers: Named): Promise<void> => {
    await executable.run(numbers)
  }
  return { trainer: t, run, hold, dispose: executable.dispose }
}
