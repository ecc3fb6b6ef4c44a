/**
 * `npm run interchange`: what layouts.spec.ts does, at full size. Files with every name of the published DiffiT (561 M parameters) and
 * of Stable Diffusion's autoencoder are made with random values, loaded with the peak of the memory measured, and written back byte for
 * byte; the autoencoder decodes a latent. It takes minutes, and 6 GB of disk in the folder of temporary files.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { wasm } from '../../backends/wasm/index.ts'
import { decoding } from '../../src/autoencoder/task.ts'
import { type Layout, layouts, loadParameters, type Parameters, saveParameters } from '../../src/interchange/index.ts'
import { type MadeTensor, saveTensors, sliceBytes, withTensors } from '../../src/io/tensorFile.ts'
import { compile } from '../../src/lower/compile.ts'
import { count } from '../../src/nn/spec.ts'
import { key, normal } from '../../src/random/key.ts'
import { fixedTensor, madeTensor } from './made.ts'
import { autoencoderNames, diffitNames, diffitXl, stableDiffusion } from './published.ts'

const right = <A>(result: E.Either<string, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}
const layoutNamed = (name: string): Layout => {
  const found = layouts.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no layout is called ${name}`)
  return found
}

/** The types, shapes and bytes of a file's tensors, by name. */
const digests = async (path: string): Promise<Readonly<Record<string, unknown>>> =>
  right(
    await withTensors(path, async (file) => {
      const all: Record<string, unknown> = {}
      for (const [name, entry] of [...file.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const hash = createHash('sha256')
        for await (const { values } of file.slices(name))
          hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
        all[name] = [entry, hash.digest('hex')]
      }
      return E.right(all)
    })(),
  )

const mebi = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/** Loads with what is read into counted; says how much that is. */
const loaded = async (path: string): Promise<Parameters> => {
  const rooms = new Set<ArrayBufferLike>()
  const parameters = right(
    await loadParameters(path, {}, async (at, flags) => {
      const file = await open(at, flags)
      const read: typeof file.read = file.read.bind(file)
      return {
        stat: () => file.stat(),
        readFile: () => file.readFile(),
        read: (into, offset, length, position) => {
          rooms.add(into.buffer)
          return read(into, offset, length, position)
        },
        writeFile: (bytes) => file.writeFile(bytes),
        sync: () => file.sync(),
        close: () => file.close(),
      }
    })(),
  )
  const beside = [...rooms].reduce((sum, room) => sum + room.byteLength, 0)
  if (beside > sliceBytes + 2 ** 20) throw new Error(`${beside} bytes were allocated to read`)
  console.log(
    `  loaded: ${count(parameters.model.spec).toLocaleString('en')} parameters, ${mebi(parameters.theta.byteLength)}; read through ${mebi(beside)}; resident ${mebi(process.memoryUsage().rss)}`,
  )
  return parameters
}

const roundTrip = async (
  folder: string,
  layout: string,
  tensors: readonly MadeTensor[],
  dtype: 'F32' | 'F16' | 'BF16',
) => {
  const [made, again] = [join(folder, 'made.safetensors'), join(folder, 'again.safetensors')]
  console.log(`${layout}, ${tensors.length} tensors, ${dtype}`)
  right(await saveTensors(made, { tensors, metadata: {} })())
  const parameters = await loaded(made)
  right(await saveParameters(again, parameters, { layout: layoutNamed(layout), dtype })())
  if (!isDeepStrictEqual(await digests(made), await digests(again))) throw new Error('it was not written byte for byte')
  console.log(`  written byte for byte: ${mebi((await stat(made)).size)}`)
  return parameters
}

const folder = await mkdtemp(join(tmpdir(), 'diffit-interchange-'))
try {
  for (const names of ['diffusers', 'ldm'] as const)
    for (const dtype of ['F32', 'F16'] as const) {
      const tensors = autoencoderNames(stableDiffusion).map((one) =>
        madeTensor(one[names], names === 'ldm' ? one.ldmShape : one.shape, dtype, one.diffusers),
      )
      const { model, theta } = await roundTrip(folder, names, tensors, dtype)
      if (names === 'ldm' || dtype === 'F16' || model.objective !== 'reconstruction') continue
      const run = await compile(wasm)(decoding(model, { batch: 1, size: 8, channels: 4 }))
      await run.write({ theta })
      const { image } = await run.run({ latents: normal(key(1), 8 * 8 * 4) })
      await run.dispose()
      if (!image.every((x) => Number.isFinite(x)) || new Set(image).size < 1000) throw new Error('it decodes nothing')
      console.log(`  decodes a latent of 8 x 8 x 4 to ${image.length} numbers`)
    }
  for (const dtype of ['F16', 'F32'] as const) {
    const tensors = [...diffitNames(diffitXl)].map(
      ([name, shape]) => fixedTensor(name, shape, dtype) ?? madeTensor(name, shape, dtype),
    )
    await roundTrip(folder, 'diffit', tensors, dtype)
  }
} finally {
  await rm(folder, { recursive: true })
}
