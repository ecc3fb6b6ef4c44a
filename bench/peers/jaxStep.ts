/** jax-js in a comparison of training steps; its loss and gradient are checked against ours before it is timed. */
import * as E from 'fp-ts/lib/Either.js'
import { decodeLatentConfig } from '../../src/models/latent/latentConfig.ts'
import type { Named } from '../../src/plan/backend.ts'
import { feedsOf, thetaOf } from '../feeds.ts'
import { type Contestant, each } from '../harness.ts'
import { type Trainable, trainableOf } from '../model.ts'
import { compiledStep, type Outcome } from '../trainingStep.ts'
import { arrayOf, type Jax, type JaxBatch, type JaxParams, latentLoss, paramsOf } from './jaxLatent.ts'

const expected = async (model: Trainable): Promise<Outcome> => {
  const step = await compiledStep(model, 1)
  try {
    return await step.once()
  } finally {
    await step.stop()
  }
}

const batchOf = (jax: Jax, { shapes }: Trainable, feeds: Named): JaxBatch => {
  const part = (name: string, ...shape: readonly number[]) =>
    arrayOf(jax, feeds[name] ?? new Float32Array(), [shapes.batch, ...shape])
  const { size, channels, classes } = shapes
  return {
    image: part('input', size, size, channels),
    time: part('time', (feeds.time?.length ?? 0) / shapes.batch),
    labels: part('labels', (classes ?? 0) + 1),
    target: part('target', size, size, channels),
  }
}

/** References for a call to consume. */
const kept = (arrays: JaxParams): JaxParams =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]))
const keptBatch = ({ image, time, labels, target }: JaxBatch): JaxBatch => ({
  image: image.ref,
  time: time.ref,
  labels: labels.ref,
  target: target.ref,
})

const norm = async (gradients: JaxParams): Promise<number> => {
  let sum = 0
  for (const array of Object.values(gradients)) for (const x of await array.data()) sum += x * x
  return Math.sqrt(sum)
}

const apart = (a: number, b: number): number => Math.abs(a - b) / Math.abs(b)
const tolerance = 1e-3

/** Null for image-space models and for models with learned variance. */
export const jaxStep = (jax: Jax, raw: unknown, batch: number): readonly Contestant[] => {
  const decoded = trainableOf(raw, batch)
  if (E.isLeft(decoded)) return []
  const model = decoded.right
  const latent = decodeLatentConfig(model.config)
  if (E.isLeft(latent) || latent.right.learn_sigma) return []
  const config = latent.right
  const start: Contestant['start'] = async () => {
    const ours = await expected(model)
    const params = paramsOf(jax, model, thetaOf(model))
    const given = batchOf(jax, model, feedsOf(model, model.plan(), 0))
    const step = jax.jit(jax.valueAndGrad(latentLoss(jax, config, batch)))
    const once = () => step(kept(params), keptBatch(given))
    const [loss, gradients] = once()
    const [value = Number.NaN] = await loss.data()
    const off = Math.max(apart(value, ours.loss), apart(await norm(gradients), ours.gradientNorm))
    if (!(off <= tolerance)) return E.left(`its loss or gradient differs from ours by ${off.toExponential(1)}`)
    return E.right({
      steps: (n) =>
        each(n, async () => {
          const [next, slopes] = once()
          await next.data()
          for (const array of Object.values(slopes)) {
            await array.blockUntilReady()
            array.dispose()
          }
        }),
      facts: {
        batch,
        parameters: model.parameters,
        agrees_within: Number(off.toExponential(1)),
        remark: 'without clipping, AdamW, EMA and fresh inputs',
      },
      stop: async () => {
        for (const array of [...Object.values(params), ...Object.values(given)]) array.dispose()
      },
    })
  }
  return [{ by: 'jax-js', threads: 1, start }]
}
