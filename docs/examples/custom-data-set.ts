/**
 * A data set of one's own: pixels and labels in memory, here discs and squares. As a row of the table of kinds it opens by a
 * name, like those of the command line; a small DiffiT learns to denoise it.
 *
 *   node custom-data-set.ts [UPDATES]
 */
import { foldIn, key, uniform } from 'diffit'
import { backends } from 'diffit/backends'
import { type DataKind, dataset, examples, kinds, open } from 'diffit/data'
import { denoisingTask, edm, edmNoise, lognormal, mse, noisedBatches } from 'diffit/diffusion'
import { decodeDenoiser } from 'diffit/models'
import { adamw, chain, clipByGlobalNorm, train } from 'diffit/train'

/** Image i: a disc or a square of its own radius at its own place, white on black. */
const drawn = (i: number, size: number): number[] => {
  const [a = 0, b = 0, c = 0] = uniform(foldIn(key(1), i), 3)
  const [x, y, radius] = [size * (0.3 + 0.4 * a), size * (0.3 + 0.4 * b), size * (0.15 + 0.15 * c)]
  const inside = (u: number, v: number) =>
    (i % 2 === 0 ? Math.hypot(u, v) : Math.max(Math.abs(u), Math.abs(v))) <= radius
  return Array.from({ length: size * size }, (_, p) => (inside((p % size) - x, Math.floor(p / size) - y) ? 255 : 0))
}
const shapes: DataKind = {
  name: 'shapes',
  help: 'discs and squares',
  folder: 'none',
  open: (_, size) => async () => {
    const count = 256
    const pixels = Uint8Array.from(Array.from({ length: count }, (_, i) => drawn(i, size)).flat())
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 2)
    const classes = ['disc', 'square']
    return { _tag: 'Right', right: dataset({ name: 'shapes', classes, channels: 1, size, pixels, labels }) }
  },
}

const size = 8
const opened = await open('shapes', size, [...kinds, shapes])()
if (opened._tag === 'Left') throw new Error(opened.left)
const data = opened.right
console.log(`${data.name}: ${data.count} images, ${data.heldOut.flat().length} of them held out`)

const small = { widths: [16, 16], depths: [1, 1], heads: 2, window: 4, time_width: 32 }
const model = decodeDenoiser({ model: 'image', image_size: size, channels: 1, classes: data.classes.length, ...small })
if (model._tag === 'Left') throw new Error(model.left)
const network = model.right
const optimiser = chain(clipByGlobalNorm(1), adamw({ learningRate: 2e-3 }))
const task = denoisingTask(network, { ...network.shape, batch: 16, loss: mse, optimiser })
const run = await train(backends.wasm)({ ...task, key: key(2) })

const noising = { distribution: lognormal(edmNoise), labelDropout: 0.1 }
const batching = { batch: 16, process: edm(0.5), classes: network.shape.classes }
const batches = noisedBatches(noising, key(3), examples(data, key(4)), batching)
let sum = 0
for await (const { step, loss } of run.steps(batches, { updates: Number(process.argv[2] ?? 1000) })) {
  sum = step % 50 === 1 ? loss : sum + loss
  if (step % 50 === 0) console.log(`steps to ${step}: mean loss ${(sum / 50).toFixed(3)}`)
}
await run.dispose()
