/** Laws of the latent model: patches, position embeddings, its definition, and its gradients. */

import fc from 'fast-check'
import { either as E } from 'fp-ts'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds } from '../src/check/index.ts'
import { element } from '../src/codec/element.ts'
import { forward, forwardByName } from '../src/diffusion/task.ts'
import { evaluate } from '../src/lower/compile.ts'
import { latent } from '../src/models/latent/latent.ts'
import { decodeLatentConfig, type LatentConfig } from '../src/models/latent/latentConfig.ts'
import { latentModel, latentSpec } from '../src/models/latent/latentModel.ts'
import { patchEmbed, patchify, unpatchify } from '../src/nn/patch.ts'
import { sincos2d } from '../src/nn/position.ts'
import {
  arbitrary,
  decode,
  encode,
  flatSize,
  init,
  initialOf,
  leavesOf,
  numbered,
  type Spec,
  unflatten,
} from '../src/nn/spec.ts'
import { key, normal } from '../src/random/key.ts'
import { add, conv, input, reshape, type Tensor } from '../src/tensor/ops.ts'
import { size } from '../src/tensor/shape.ts'
import { adjoint } from './adjoint.ts'

const seed = fc.integer({ min: 0, max: 2 ** 31 })
const draw = (from: number, shape: readonly number[]): Float64Array => normal(key(from), size(shape))
const run = async (y: Tensor, feeds: Readonly<Record<string, Float64Array>>): Promise<ArrayLike<number>> =>
  (await evaluate(cpu)({ y }, feeds)).y ?? []
const close = (a: ArrayLike<number>, b: ArrayLike<number>, by = 1e-9): boolean =>
  a.length === b.length && Array.from(a).every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= by * (1 + Math.abs(x)))

const outputOf = ({ outputs }: ReturnType<typeof forward>): Tensor => {
  if (outputs === undefined) throw new Error('a network has an output')
  return outputs.network
}

// ----------------------------------------------------------------------------------------------------- patches
/** Images [b, h, h, c] of grid x grid patches. */
const patched = fc.record({
  b: fc.integer({ min: 1, max: 2 }),
  side: fc.integer({ min: 1, max: 3 }),
  grid: fc.integer({ min: 1, max: 3 }),
  c: fc.integer({ min: 1, max: 3 }),
})

t.test('patches are row-major, and unpatchify(patchify(x)) = x', () =>
  fc.assert(
    fc.asyncProperty(patched, seed, async ({ b, side, grid, c }, from) => {
      const shape = [b, side * grid, side * grid, c]
      const [x, image] = [input('x', shape), draw(from, shape)]
      const rows = await run(patchify(side)(x), { x: image })
      const holds = Array.from(rows).every((value, at) => {
        const [token, place] = [Math.floor(at / (side * side * c)), Math.floor(at / c) % (side * side)]
        const [i, patch] = [Math.floor(token / grid ** 2), token % grid ** 2]
        const y = Math.floor(patch / grid) * side + Math.floor(place / side)
        const z = (patch % grid) * side + (place % side)
        return value === image[((i * side * grid + y) * side * grid + z) * c + (at % c)]
      })
      return holds && close(await run(unpatchify(side)(patchify(side)(x)), { x: image }), image, 0)
    }),
    { numRuns: 20 },
  ),
)

t.test('a patch embedding is a convolution whose stride is its kernel size, plus position embeddings', () =>
  fc.assert(
    fc.asyncProperty(patched, seed, async ({ b, side, grid, c }, from) => {
      const [shape, width] = [[b, side * grid, side * grid, c], 3]
      const [x, positions] = [input('x', shape), input('positions', [grid ** 2, width])]
      const p = { weight: input('weight', [side, side, c, width]), bias: input('bias', [width]) }
      const feeds = {
        x: draw(from, shape),
        weight: draw(from + 1, p.weight.shape),
        bias: draw(from + 2, [width]),
        positions: draw(from + 3, positions.shape),
      }
      const unit = { dilation: [1, 1], lhsDilation: [1, 1], low: [0, 0], high: [0, 0] }
      const slid = conv({ ...unit, stride: [side, side] })(x, p.weight)
      const tokens = add(reshape([b, grid ** 2, width])(slid), p.bias)
      const expected = await run(add(tokens, positions), feeds)
      return close(await run(patchEmbed(p)(x, positions), feeds), expected)
    }),
    { numRuns: 20 },
  ),
)

t.test(
  'position embeddings: columns in the first half, rows in the second, and inner products that depend on the offset only',
  async () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 5 }), (quarters, side) => {
        const width = 4 * quarters
        const all = sincos2d(width, side)
        const at = (y: number, x: number): Float64Array =>
          all.subarray((y * side + x) * width, (y * side + x + 1) * width)
        const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * element(b, i), 0)
        const places = Array.from({ length: side * side }, (_, i) => [Math.floor(i / side), i % side] as const)
        return places.every(([y, x]) => {
          const half = width / 2
          const halves =
            close(at(y, x).slice(0, half), at(0, x).slice(0, half), 0) &&
            close(at(y, x).slice(half), at(y, 0).slice(half), 0)
          // the slowest pair of the first token says nothing, the fastest counts in radians
          const first = at(y, x)[0] === Math.sin(x) && at(y, x)[half] === Math.sin(y)
          const shifted =
            y + 1 >= side || x + 1 >= side || close([dot(at(y, x), at(y + 1, x + 1))], [dot(at(0, 0), at(1, 1))])
          return halves && first && shifted
        })
      }),
      { numRuns: 20 },
    ),
)

// ------------------------------------------------------------------------------------------------------- specs
const config: fc.Arbitrary<LatentConfig> = fc
  .record({
    patch: fc.integer({ min: 1, max: 2 }),
    grid: fc.integer({ min: 1, max: 3 }),
    heads: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    depth: fc.integer({ min: 1, max: 2 }),
    mlp_ratio: fc.constantFrom(0.5, 1, 4),
    classes: fc.integer({ min: 1, max: 3 }),
    learn_sigma: fc.boolean(),
  })
  .map(({ grid, ...c }) => ({ ...c, model: 'latent', input_size: c.patch * grid, width: 4 * c.heads }))

t.test('latent model: decode(encode theta) = theta, and a configuration read back is itself', async () =>
  fc.assert(
    fc.property(config, seed, (c, from) => {
      const spec = latentSpec(c)
      const theta = arbitrary(spec)(key(from))
      const [back, again] = [decode(spec)(encode(spec)(theta)), decodeLatentConfig(JSON.parse(JSON.stringify(c)))]
      return (
        E.isRight(back) &&
        theta.every((x, i) => Object.is(x, back.right[i])) &&
        E.isRight(again) &&
        Object.entries(c).every(([name, value]) =>
          Object.entries(again.right).some(([n, v]) => n === name && v === value),
        )
      )
    }),
    { numRuns: 30 },
  ),
)

// ------------------------------------------------------------------------------------------------------ models
const tiny: LatentConfig = {
  model: 'latent',
  input_size: 4,
  channels: 1,
  patch: 2,
  width: 4,
  depth: 2,
  heads: 2,
  mlp_ratio: 1,
  classes: 2,
  learn_sigma: true,
}

/** Random parameters; those of the named prefix are zero. */
const theta = (spec: Spec, from: number, zeroPrefix = ' '): Float64Array => {
  const values = arbitrary(spec)(key(from))
  for (const p of leavesOf(spec)) if (p.name.startsWith(zeroPrefix)) values.fill(0, p.start, p.start + p.size)
  return values
}
const latentsOf = (c: LatentConfig, images: number) => ({
  x: [images, c.input_size, c.input_size, c.channels],
  time: [images, 256],
  labels: [images, c.classes + 1],
})
const pointOf = (c: LatentConfig, from: number, images: number) => {
  const { x, time, labels } = latentsOf(c, images)
  return { x: draw(from, x), time: draw(from + 1, time), labels: draw(from + 2, labels) }
}
const answer = (c: LatentConfig, values: Float64Array, point: ReturnType<typeof pointOf>, images: number) => {
  const { spec, apply } = latentModel(c)
  const shapes = latentsOf(c, images)
  const p = unflatten(spec)(input('theta', [flatSize(spec)]))
  const y = apply(p)(input('x', shapes.x), input('time', shapes.time), input('labels', shapes.labels))
  return run(y, { theta: values, ...point })
}

t.test('latent model: with a zero final layer the output is zero, as at initialisation', () =>
  fc.assert(
    fc.asyncProperty(config, seed, async (c, from) => {
      const spec = latentSpec(c)
      const point = pointOf(c, from, 1)
      const grown = await answer(c, theta(spec, from), point, 1)
      const atZero = await answer(c, theta(spec, from, 'final_layer.'), point, 1)
      const born = await answer(c, init(spec)(key(from)), point, 1)
      const zero = (y: ArrayLike<number>): boolean => Array.from(y).every((v) => v === 0)
      return zero(atZero) && zero(born) && !zero(grown) && grown.length === size(latentsOf(c, c.learn_sigma ? 2 : 1).x)
    }),
    { numRuns: 10 },
  ),
)

t.test('parameters written one by one under their names are theta, and so are their initial values', () =>
  fc.assert(
    fc.asyncProperty(config, seed, async (c, from) => {
      const model = latent.of(c)
      const shapes = { ...model.shape, batch: 2 }
      const values = theta(model.spec, from)
      const { x, time, labels } = pointOf(c, from, 2)
      const conditions = { input: x, time, labels }
      const [born, initial] = [init(model.spec)(key(from)), initialOf(key(from))]
      const leaves = leavesOf(model.spec)
      const each = Object.fromEntries(leaves.map((p) => [p.name, values.slice(p.start, p.start + p.size)]))
      const whole = await run(outputOf(forward(model, shapes)), { theta: values, ...conditions })
      const named = await run(outputOf(forwardByName(model, shapes)), { ...each, ...conditions })
      return (
        Array.from(named).every((v, i) => Object.is(v, whole[i])) &&
        named.length === whole.length &&
        leaves.every((p) => initial(p).every((v, i) => Object.is(v, born[p.start + i])))
      )
    }),
    { numRuns: 5 },
  ),
)

t.test('latent model: the output of a latent does not depend on the rest of the batch', () =>
  fc.assert(
    fc.asyncProperty(config, seed, async (c, from) => {
      const values = theta(latentSpec(c), from)
      const three = pointOf(c, from, 3)
      const second = (all: Float64Array): Float64Array => all.slice(all.length / 3, (2 * all.length) / 3)
      const alone = { x: second(three.x), time: second(three.time), labels: second(three.labels) }
      const together = Float64Array.from(await answer(c, values, three, 3))
      return close(second(together), await answer(c, values, alone, 1))
    }),
    { numRuns: 5 },
  ),
)

t.test('latent model: with random parameters the output depends on time, label and patch position', async (t) => {
  const values = theta(latentSpec(tiny), 9)
  const point = pointOf(tiny, 8, 1)
  const y = await answer(tiny, values, point, 1)
  t.notOk(close(y, await answer(tiny, values, { ...point, time: draw(10, [1, 256]) }, 1)))
  t.notOk(close(y, await answer(tiny, values, { ...point, labels: draw(11, [1, 3]) }, 1)))
  const still = values.slice()
  for (const p of leavesOf(latentSpec(tiny)))
    if (p.name.endsWith('relative_position_bias_table')) still.fill(0, p.start, p.start + p.size)
  // without relative biases only the position embeddings distinguish equal patches
  const flat = await answer(tiny, still, { ...point, x: new Float64Array(16).fill(1) }, 1)
  const [top, bottom] = [Array.from(flat).slice(0, 8), Array.from(flat).slice(16, 24)]
  t.notOk(close(top, bottom))
})

// --------------------------------------------------------------------------------------------------- gradients
for (const learn_sigma of [true, false])
  t.test(`latent model, learn_sigma ${learn_sigma}: <dy, J v> = <J' dy, v> for every parameter and input`, async () => {
    const c = { ...tiny, learn_sigma }
    const { spec, apply } = latentModel(c)
    const points = { p: numbered(spec)(theta(spec, 5)), ...latentsOf(c, 1) }
    await adjoint(({ p, x, time, labels }) => apply(p)(x, time, labels), points)
  })

t.test('latent model: the gradient of the gradient agrees too', async () => {
  const c = { ...tiny, depth: 1 }
  const { spec, apply } = latentModel(c)
  const points = { theta: { shape: [flatSize(spec)], values: theta(spec, 6) }, ...latentsOf(c, 1) }
  const f = ({ theta, x, time, labels }: Readonly<Record<'theta' | 'x' | 'time' | 'labels', Tensor>>): Tensor =>
    apply(unflatten(spec)(theta))(x, time, labels)
  await gradientHolds(cpu)(f, points)(3)
})
