/** Inputs of training steps: initial state and batches, the same in every run. */

import { oneHot } from '../src/diffusion/labels.ts'
import { frequencies } from '../src/nn/embedding.ts'
import { flatSize } from '../src/nn/spec.ts'
import type { Named } from '../src/plan/backend.ts'
import type { Plan } from '../src/plan/plan.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { size } from '../src/tensor/shape.ts'
import { emaFeeds } from '../src/train/ema.ts'
import type { Trainable } from './model.ts'
import { optimiser } from './optimiser.ts'

const fed = (numbers: Readonly<Record<string, number>>): Named =>
  Object.fromEntries(Object.entries(numbers).map(([name, x]) => [name, Float64Array.of(x)]))

const draw = (n: number, seed: number, scale: number): Float32Array =>
  Float32Array.from(normal(fold(key(0), seed), n), (x) => scale * x)

/** Every parameter is random and non-zero. */
export const thetaOf = ({ spec }: Trainable): Float32Array => draw(flatSize(spec), 0, 0.05)

export const stateOf = (model: Trainable): Named => {
  const n = flatSize(model.spec)
  const { batch } = model.shapes
  return {
    theta: thetaOf(model),
    'adam.m': new Float32Array(n),
    'adam.v': new Float32Array(n),
    average: new Float32Array(n),
    weight: new Float32Array(batch).fill(1 / batch),
  }
}

/** Images of any model; the target of a model with learned variance has twice the channels. */
const images = ['input', 'target']

/** Batch number i, and the scalars of update i + 1. */
export const feedsOf = ({ shapes: { batch, classes } }: Trainable, plan: Plan, i: number): Named => {
  const labels = Array.from({ length: batch }, (_, j) => (i + j) % (classes ?? 1))
  return {
    ...Object.fromEntries(
      plan.inputs.flatMap(({ name, shape }) =>
        images.includes(name) ? [[name, draw(size(shape), 10 * (i + 1) + images.indexOf(name), 1)]] : [],
      ),
    ),
    time: draw(batch * frequencies, 10 * (i + 1) + images.length, 0.7),
    ...oneHot(labels, classes),
    ...fed(optimiser.feeds({ images: (i + 1) * batch, updates: i + 1 })),
    ...fed(emaFeeds(0.999)),
  }
}
