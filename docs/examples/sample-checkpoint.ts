/**
 * Samples from a run's newest checkpoint by the library alone: what `diffit sample` does, as a program to change. Draws a row
 * of images for every class, from the averaged parameters. (Pictures need `npm install sharp`.)
 *
 *   node sample-checkpoint.ts RUN_FOLDER PICTURE.png [IMAGES PER CLASS] [STEPS]
 */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compile, key } from 'diffit'
import { backends } from 'diffit/backends'
import { edm, edmRange, forward, heun, karras, sample } from 'diffit/diffusion'
import { grid, load } from 'diffit/io'
import { decodeDenoiser } from 'diffit/models'
import { stateFrom } from 'diffit/train'

/** What an Either holds; its error, one sentence, is thrown. */
const orThrow = <A>(either: { _tag: 'Left'; left: string } | { _tag: 'Right'; right: A }): A => {
  if (either._tag === 'Left') throw new Error(either.left)
  return either.right
}

const [run, picture, each = '4', steps = '18'] = process.argv.slice(2)
if (run === undefined || picture === undefined)
  throw new Error('usage: node sample-checkpoint.ts RUN_FOLDER PICTURE.png [IMAGES PER CLASS] [STEPS]')
const saved = (await readdir(join(run, 'checkpoints'))).flatMap(
  (name) => /^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? [],
)
if (saved.length === 0) throw new Error(`${run} has no checkpoint yet`)
const newest = Math.max(...saved.map(Number))
const file = orThrow(await load(join(run, 'checkpoints', `step-${newest}.safetensors`))())
const model = orThrow(decodeDenoiser(JSON.parse(file.metadata.model ?? 'null')))
const names: string[] = JSON.parse(file.metadata.classes ?? '[]')
const { average } = orThrow(stateFrom({ average: { spec: model.spec, from: 'parameters' } })(file.tensors))
if (average === undefined) throw new Error(`step ${newest} of ${run} has no average of the parameters`)

const { size, classes } = model.shape
const channels = model.shape.channels === 1 ? 1 : 3
const batch = 16
const executable = await compile(backends.wasm)(forward(model, { ...model.shape, batch }))
await executable.write({ theta: average })
const network = { executable, batch, ...model.shape, process: edm(0.5) }
const levels = karras.levels(Number(steps), edmRange)
const labels = classes === null ? [null] : [...Array(classes).keys()]
const requests = labels.flatMap((label) => [...Array(Number(each)).keys()].map((index) => ({ label, index })))
const images = await sample(network, { sampler: heun(), levels, guidance: 2 })(key(0), requests)
await executable.dispose()

const rows = labels.map((label, i) => ({
  label: label === null ? '' : (names[label] ?? String(label)),
  images: images.slice(i * Number(each), (i + 1) * Number(each)),
}))
await writeFile(picture, orThrow(await grid({ rows, height: size, width: size, channels })()))
console.log(`${picture}: ${images.length} images of step ${newest}`)
