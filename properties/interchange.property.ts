/** Laws of files of parameters: the order of a file's elements, and what loading takes beside its result. */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { diffitLayout, ditLayout } from '../src/interchange/diffitLayout.ts'
import { diffusersLayout, ldmLayout } from '../src/interchange/klLayouts.ts'
import type { Layout } from '../src/interchange/layout.ts'
import { loadParameters } from '../src/interchange/parameters.ts'
import type { Shapes } from '../src/interchange/told.ts'
import type { Opener } from '../src/io/opener.ts'
import { saveTensors, sliceBytes } from '../src/io/tensorFile.ts'
import { decodeModel } from '../src/models/models.ts'
import { gatherFile, scatterFile } from '../src/nn/fileRuns.ts'
import {
  biasTable,
  convWeight,
  filePositions,
  linearWeight,
  type Parameter,
  parameter,
  zeros,
} from '../src/nn/parameter.ts'
import { leavesOf } from '../src/nn/spec.ts'

const small = fc.integer({ min: 1, max: 4 })
const parameters: fc.Arbitrary<Parameter> = fc.oneof(
  fc.array(small, { maxLength: 3 }).map((shape) => parameter(shape, zeros)),
  fc.tuple(small, small).map(([a, b]) => linearWeight(a, b)),
  fc.tuple(small, small, small, small).map(([kh, kw, a, b]) => convWeight([kh, kw], a, b)),
  fc.tuple(small, small).map(([w, heads]) => biasTable(w, heads)),
)
/** Shapes of the tensors with which a model stands in files of a layout. */
const shapesIn = (layout: Layout, raw: object): Shapes => {
  const model = decodeModel(raw)
  const tensors = E.isRight(model) ? layout.tensors(model.right) : null
  if (tensors === null) throw new Error(`${layout.name} has no ${JSON.stringify(raw)}`)
  return new Map(tensors.map(({ name, shape }) => [name, shape]))
}

t.test('shapes tell the configuration of the model that has them, in every layout', async (t) => {
  const latents = fc
    .record({ heads: small, grid: small, patch: small, channels: small, depth: small, classes: small, by: small })
    .map(({ grid, heads, by, ...c }) => ({
      ...{ model: 'latent', input_size: grid * c.patch, heads, width: 4 * heads * by, mlp_ratio: 2 },
      ...c,
    }))
  fc.assert(
    fc.property(latents, fc.boolean(), (rest, learn_sigma) => {
      const c = { ...rest, learn_sigma }
      for (const layout of [diffitLayout, ditLayout])
        t.same(layout.configuration?.(shapesIn(layout, c)), E.right(c), layout.name)
    }),
    { numRuns: 20 },
  )
  const autoencoders = fc
    .record({ channels: small, latent_channels: small, blocks: small, last: fc.boolean() })
    .chain((c) => fc.array(small, { minLength: 1, maxLength: 3 }).map((widths) => ({ ...c, widths })))
  fc.assert(
    fc.property(autoencoders, ({ last, widths, ...rest }) => {
      const attention_resolutions = last ? [256 / 2 ** (widths.length - 1)] : []
      const c = { model: 'kl', image_size: 256, widths, attention_resolutions, ...rest }
      for (const layout of [diffusersLayout, ldmLayout])
        t.same(layout.configuration?.(shapesIn(layout, { ...c, groups: 1 })), E.right(c), layout.name)
    }),
    { numRuns: 20 },
  )
})

/** Where slices end. */
const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 6 })

t.test('a file read in any slices, and written in any, is what filePositions says', async () =>
  fc.assert(
    fc.property(parameters, cuts, (one, places) => {
      const [, leaf] = leavesOf({ a: parameter([3], zeros), b: one })
      if (leaf === undefined) return false
      const positions = filePositions(one)
      const n = positions.length
      const ends = [0, ...places.map((place) => Math.min(place, n)), n].sort((a, b) => a - b)
      const file = Float64Array.from({ length: n }, (_, i) => i + 1)
      const theta = new Float64Array(leaf.start + n + 5)
      const back = new Float64Array(n)
      ends.slice(1).forEach((to, i) => {
        const from = ends[i] ?? 0
        scatterFile(theta, leaf)(from, file.subarray(from, to))
      })
      ends.slice(1).forEach((to, i) => {
        const from = ends[i] ?? 0
        gatherFile(theta, leaf)(from, back.subarray(from, to))
      })
      const expected = Float64Array.from(positions, (at) => at + 1)
      const own = theta.subarray(leaf.start, leaf.start + n)
      const others = theta.filter((x, i) => x !== 0 && (i < leaf.start || i >= leaf.start + n))
      return own.every((x, i) => x === expected[i]) && others.length === 0 && back.every((x, i) => x === file[i])
    }),
  ),
)

t.test('loading allocates one slice of the file beside the parameters, however large they are', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-loading-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'a.safetensors')
  const model = decodeModel({ model: 'latent', width: 384, depth: 1, heads: 1, input_size: 4, classes: 3000 })
  if (E.isLeft(model)) throw new Error(model.left)
  const tensors = Object.entries(model.right.spec).map(([name, { file }]) => ({
    name,
    dtype: 'F32' as const,
    shape: file.shape,
    slices: () => [new Float32Array(file.shape.reduce((a, b) => a * b, 1)).fill(0.5)],
  }))
  const saved = await saveTensors(path, { tensors, metadata: { model: JSON.stringify(model.right.config) } })()
  if (E.isLeft(saved)) throw new Error(saved.left)
  const rooms = new Set<ArrayBufferLike>()
  const counting: Opener = async (at, flags) => {
    const file = await open(at, flags)
    return {
      stat: () => file.stat(),
      readFile: () => file.readFile(),
      read: (into, offset, length, position) => {
        rooms.add(into.buffer)
        return file.read(into, offset, length, position)
      },
      writeFile: (bytes) => file.writeFile(bytes),
      sync: () => file.sync(),
      close: () => file.close(),
    }
  }
  const loaded = await loadParameters(path, {}, counting)()
  if (E.isLeft(loaded)) throw new Error(loaded.left)
  const bytes = [...rooms].reduce((sum, room) => sum + room.byteLength, 0)
  t.ok(loaded.right.theta.byteLength > 2 * sliceBytes, 'the parameters are larger than a slice')
  t.ok(bytes <= sliceBytes + 2 ** 16, `${bytes} bytes: a slice, and the header`)
})
