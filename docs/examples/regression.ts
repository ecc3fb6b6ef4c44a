/**
 * Regression in ten lines: a perceptron learns the sine from random points. Prints the loss of every hundredth update.
 *
 *   node regression.ts
 */
import { foldIn, key, mean, silu, square, sub, type Tensor, uniform } from 'diffit'
import { backends } from 'diffit/backends'
import { linear, linearSpec, type Params } from 'diffit/nn'
import { adamw, train } from 'diffit/train'

const spec = { hidden: linearSpec(1, 64), out: linearSpec(64, 1) }
const net = (p: Params<typeof spec>) => (x: Tensor) => linear(p.out)(silu(linear(p.hidden)(x)))
const run = await train(backends.wasm)({
  spec, key: key(1), optimiser: adamw({ learningRate: 1e-2 }), batch: { x: [64, 1], y: [64, 1] },
  loss: (p, { x, y }) => mean(square(sub(net(p)(x), y))),
})
const points = Array.from({ length: 1000 }, (_, i) => uniform(foldIn(key(2), i), 64).map((u) => 6 * u - 3))
const batches = points.map((x) => ({ x, y: x.map(Math.sin) }))
for await (const { step, loss } of run.steps(batches)) if (step % 100 === 0) console.log(step, loss)
await run.dispose()
