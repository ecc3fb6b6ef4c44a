/**
 * An optimiser of one's own, Lion (Chen et al. 2023, arXiv 2302.06675), as one link of a chain: the update is the sign of an
 * average of gradients. Clipping, weight decay and the schedule are other links, and its state is saved with a run.
 *
 *   node custom-optimiser.ts [UPDATES]
 */
import { add, foldIn, key, mean, mul, sign, silu, square, sub, type Tensor, uniform } from 'diffit'
import { backends } from 'diffit/backends'
import { linear, linearSpec, type Params } from 'diffit/nn'
import {
  adamw,
  addDecayedWeights,
  chain,
  clipByNorm,
  linearDecay,
  link,
  scaleByLearningRate,
  train,
} from 'diffit/train'

/** Tensors are [P], all parameters in one: update = sign(b1 m + (1 - b1) g), m' = b2 m + (1 - b2) g. */
const scaleByLion = ({ beta1 = 0.9, beta2 = 0.99 } = {}) =>
  link({
    name: 'lion',
    state: { m: 'zeros' },
    feeds: () => ({}),
    update: ({ updates: g, state: { m } }) => ({
      updates: sign(add(mul(m, beta1), mul(g, 1 - beta1))),
      state: { m: add(mul(m, beta2), mul(g, 1 - beta2)) },
    }),
  })

const updates = Number(process.argv[2] ?? 1000)
const rate = (peak: number) => linearDecay({ peak, warmup: 640, images: 64 * updates, share: 0.5 })
const optimisers = {
  lion: chain(clipByNorm(1), scaleByLion(), addDecayedWeights(0.01), scaleByLearningRate(rate(3e-3))),
  adamw: adamw({ learningRate: rate(1e-2) }),
}

const spec = { hidden: linearSpec(1, 64), out: linearSpec(64, 1) }
const net = (p: Params<typeof spec>, x: Tensor) => linear(p.out)(silu(linear(p.hidden)(x)))
const batches = (images: number) => {
  const x = uniform(foldIn(key(2), images), 64).map((u) => 6 * u - 3)
  return { x, y: x.map(Math.sin) }
}
for (const [name, optimiser] of Object.entries(optimisers)) {
  const run = await train(backends.wasm)({
    spec,
    key: key(1),
    optimiser,
    batch: { x: [64, 1], y: [64, 1] },
    loss: (p, { x, y }) => mean(square(sub(net(p, x), y))),
  })
  for await (const { step, loss, learningRate } of run.steps(batches, { updates }))
    if (step % 200 === 0 || step === updates) console.log(name, step, `loss ${loss}`, `rate ${learningRate}`)
  console.log(name, 'states:', Object.keys(await run.state()).join(', '))
  await run.dispose()
}
