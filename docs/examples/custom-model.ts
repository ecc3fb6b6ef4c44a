/**
 * A model of one's own as one value: its configuration with rules and presets, its parameters, its network. A table with it
 * decodes its configurations; it trains by denoising and is sampled like the models of the package.
 *
 *   node custom-model.ts [UPDATES]
 */
import { add, compile, expandDims, key, silu, type Tensor } from 'diffit'
import { backends } from 'diffit/backends'
import * as diffusion from 'diffit/diffusion'
import { decodeModel, model, models, oneOf, positiveInteger, record } from 'diffit/models'
import { conv, convSpec, timeEmbedder, timeEmbedderSpec } from 'diffit/nn'
import { adamw, train } from 'diffit/train'

type Config = { readonly model: 'convnet'; readonly side: number; readonly hidden: number }
const defaults: Config = { model: 'convnet', side: 8, hidden: 16 }
const even = ({ side }: Config) => (side % 2 === 0 ? null : `side is ${side}: expected an even number`)

const convnet = model({
  objective: 'denoising',
  fields: record({ model: oneOf(['convnet']), side: positiveInteger, hidden: positiveInteger }, [even]),
  defaults,
  presets: { 'convnet-s': defaults, 'convnet-m': { ...defaults, hidden: 64 } },
  recipes: { _tag: 'Left', left: 'the command line has no recipe for convnet' },
  network: ({ hidden }: Config) => ({
    spec: { time: timeEmbedderSpec(hidden), first: convSpec(3, 1, hidden), last: convSpec(3, hidden, 1) },
    apply: (p) => (x: Tensor, time: Tensor) => {
      const token = expandDims([1, 2])(timeEmbedder(p.time)(time))
      return conv({ stride: 1 })(p.last)(silu(add(conv({ stride: 1 })(p.first)(x), token)))
    },
  }),
  shape: ({ side: size }) => ({ size, channels: 1, classes: null }),
  fit: (config) => config,
})

for (const side of [7, 8]) {
  const decoded = decodeModel({ model: 'convnet', side }, [convnet, ...models])
  console.log(
    decoded._tag === 'Left' ? `refused: ${decoded.left}` : `accepted: ${JSON.stringify(decoded.right.config)}`,
  )
}

const network = convnet.of(defaults)
const [batch, process, shape] = [16, diffusion.edm(0.5), network.shape]
const optimiser = adamw({ learningRate: 3e-3 })
const task = diffusion.denoisingTask(network, { ...shape, batch, loss: diffusion.mse, optimiser })
const run = await train(backends.wasm)({ ...task, key: key(1) })
const image = (i: number) => Float64Array.from({ length: 64 }, (_, p) => ((p + i) % 2 === 0 ? 1 : -1))
const noising = { distribution: diffusion.lognormal(diffusion.edmNoise), labelDropout: 0 }
const columns = (i: number) => ({ image: image(i), label: null })
const batches = diffusion.noisedBatches(noising, key(2), columns, { batch, process, classes: null })
for await (const { step, loss } of run.steps(batches, { updates: Number(globalThis.process.argv[2] ?? 1000) }))
  if (step % 100 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`)

const executable = await compile(backends.wasm)(diffusion.forward(network, { ...shape, batch }))
await executable.write({ theta: await run.parameters() })
const sampling = { sampler: diffusion.heun(), levels: diffusion.karras.levels(18, diffusion.edmRange), guidance: 1 }
const requests = Array.from({ length: 8 }, (_, index) => ({ label: null, index }))
for (const x of await diffusion.sample({ executable, batch, process, ...shape }, sampling)(key(3), requests))
  console.log(`sample ${Array.from(x.slice(24, 32), (v) => (v > 0 ? '#' : '.')).join('')}`)
await Promise.all([run.dispose(), executable.dispose()])
