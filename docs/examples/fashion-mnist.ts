/**
 * A classifier of Fashion-MNIST: two convolutions and a linear layer, trained with cross-entropy, and its accuracy on images
 * that were held out. FOLDER holds the four files of the MNIST family (Debian: apt install dataset-fashion-mnist).
 *
 *   node fashion-mnist.ts [UPDATES] [FOLDER]
 */
import { argmax, compile, crossEntropy, eq, key, mean, relu, reshape, type Tensor } from 'diffit'
import { backends } from 'diffit/backends'
import { batches, idx, validation } from 'diffit/data'
import { conv, convSpec, linear, linearSpec, type Params } from 'diffit/nn'
import { adamw, chain, clipByNorm, cosineDecay, inference, train } from 'diffit/train'

const [updates = '2000', folder = '/usr/share/datasets/fashion-mnist'] = process.argv.slice(2)
const opened = await idx(folder, 28)()
if (opened._tag === 'Left') throw new Error(opened.left)
const data = opened.right

const spec = { conv1: convSpec(3, 1, 16), conv2: convSpec(3, 16, 32), out: linearSpec(7 * 7 * 32, data.classes.length) }

/** b images x [b, 28, 28, 1] -> scores [b, classes]. */
const net = (b: number, p: Params<typeof spec>, x: Tensor): Tensor => {
  const half = relu(conv({ stride: 2 })(p.conv1)(x))
  const quarter = relu(conv({ stride: 2 })(p.conv2)(half))
  return linear(p.out)(reshape([b, 7 * 7 * 32])(quarter))
}
const inputs = (b: number) => ({ images: [b, 28, 28, 1], labels: { shape: [b], below: data.classes.length } })

const batch = 64
const images = Number(updates) * batch
const run = await train(backends.wasm)({
  spec,
  key: key(1),
  optimiser: chain(clipByNorm(1), adamw({ learningRate: cosineDecay({ peak: 2e-3, warmup: images / 20, images }) })),
  batch: inputs(batch),
  loss: (p, { images, labels }) => mean(crossEntropy(net(batch, p, images), labels)),
})
const stream = batches(data, key(2))
for await (const { step, loss } of run.steps((seen) => stream(seen, batch), { updates: Number(updates) }))
  if (step % 100 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`)

const held = validation(data, key(3), 1000)
const count = held.labels.length
const test = await compile(backends.wasm)(
  inference(spec, inputs(count), (p, { images, labels }) => ({
    scalars: { accuracy: mean(eq(argmax(-1)(net(count, p, images)), labels)) },
  })),
)
const { accuracy } = await test.run({ theta: await run.parameters(), images: held.images, labels: held.labels })
console.log(`accuracy ${accuracy.toFixed(3)} on ${count} images, of ${data.classes.length} classes`)
await test.dispose()
await run.dispose()
