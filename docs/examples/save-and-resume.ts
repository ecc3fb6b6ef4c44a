/**
 * Training that may be killed at any moment: it saves every so many updates, and continues from the file where there is one.
 * The parameters in the end are those of a training that was never stopped, bit for bit.
 *
 *   node save-and-resume.ts FILE [UPDATES] [UPDATES BETWEEN SAVES]
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { foldIn, key, mean, silu, square, sub, type Tensor, uniform } from 'diffit'
import { backends } from 'diffit/backends'
import { linear, linearSpec, type Params } from 'diffit/nn'
import { adamw, resume, task, train } from 'diffit/train'

const [path, updates = '2000', every = '100'] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: node save-and-resume.ts FILE [UPDATES] [UPDATES BETWEEN SAVES]')

const spec = { hidden: linearSpec(1, 64), deep: linearSpec(64, 64), out: linearSpec(64, 1) }
const net = (p: Params<typeof spec>, x: Tensor) => linear(p.out)(silu(linear(p.deep)(silu(linear(p.hidden)(x)))))
const size = 256
const regression = task({
  spec,
  optimiser: adamw({ learningRate: 1e-3 }),
  batch: { x: [size, 1], y: [size, 1] },
  loss: (p, { x, y }) => mean(square(sub(net(p, x), y))),
})

/** A batch depends on the images before it alone, so a resumed run sees the batches that the other would have seen. */
const batches = (images: number) => {
  const x = uniform(foldIn(key(2), images), size).map((u) => 6 * u - 3)
  return { x, y: x.map((v) => Math.sin(2 * v)) }
}

const run = existsSync(path)
  ? await resume(backends.wasm)(path, regression)
  : await train(backends.wasm)({ ...regression, key: key(1) })
console.log(`begins at update ${run.progress().updates}`)

for await (const { step, loss } of run.steps(batches, { updates: Number(updates) })) {
  if (step % Number(every) !== 0) continue
  await run.save(path)
  console.log(`saved update ${step}, loss ${loss}`)
}
const parameters = await run.parameters()
console.log(`parameters ${createHash('sha256').update(parameters).digest('hex')}`)
await run.dispose()
