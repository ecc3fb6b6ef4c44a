/** Laws of the layers and of parameter specs. */
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { evaluate } from '../src/lower/compile.ts'
import { decodeImageConfig, type ImageConfig } from '../src/models/image/imageConfig.ts'
import { imageSpec } from '../src/models/image/imageModel.ts'
import { attentionWeights, relativeBias } from '../src/nn/attention.ts'
import { conv, upsample, upsampleConv } from '../src/nn/conv.ts'
import { groupNorm, layerNorm } from '../src/nn/norm.ts'
import { biasTable } from '../src/nn/parameter.ts'
import { arbitrary, count, decode, encode, flatSize, flatten, init, leavesOf, unflatten } from '../src/nn/spec.ts'
import { addWindows, toWindows } from '../src/nn/window.ts'
import { key, normal } from '../src/random/key.ts'
import { full, input, type Tensor } from '../src/tensor/ops.ts'
import { size } from '../src/tensor/shape.ts'
import { evenly } from './evenly.ts'

const seed = fc.integer({ min: 0, max: 2 ** 31 })
const draw = (from: number, shape: readonly number[]): Float64Array => normal(key(from), size(shape))
const run = async (y: Tensor, feeds: Readonly<Record<string, Float64Array>>): Promise<readonly number[]> =>
  Array.from((await evaluate(cpu)({ y }, feeds)).y ?? [])
const near = (a: readonly number[], b: readonly number[], by = 1e-12): boolean =>
  a.length === b.length && a.every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= by * (1 + Math.abs(x)))

/** Every valid small model. */
const config: fc.Arbitrary<ImageConfig> = fc
  .record({
    window: fc.integer({ min: 1, max: 3 }),
    heads: fc.integer({ min: 1, max: 2 }),
    levels: fc.array(fc.record({ width: fc.constantFrom(4, 8, 12), depth: fc.integer({ min: 1, max: 2 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    channels: fc.integer({ min: 1, max: 3 }),
    time_width: fc.integer({ min: 1, max: 5 }),
    mlp_ratio: fc.constantFrom(0.5, 1, 4),
    classes: fc.option(fc.integer({ min: 1, max: 3 })),
    learn_sigma: fc.boolean(),
    augment_labels: fc.constantFrom(0, 9),
  })
  .map(({ levels, ...c }) => ({
    ...c,
    model: 'image',
    image_size: c.window * 2 ** (levels.length - 1),
    widths: levels.map((l) => l.width),
    depths: levels.map((l) => l.depth),
  }))

// ------------------------------------------------------------------------------------------------------- specs
t.test('decode(encode theta) = theta, and decode(encode config) = config', async () =>
  fc.assert(
    fc.property(config, seed, (c, from) => {
      const spec = imageSpec(c)
      for (const theta of [arbitrary(spec)(key(from)), init(spec)(key(from))]) {
        const back = decode(spec)(encode(spec)(theta))
        if (E.isLeft(back) || !theta.every((x, i) => Object.is(x, back.right[i]))) return false
      }
      const again = decodeImageConfig(JSON.parse(JSON.stringify(c)))
      return E.isRight(again) && JSON.stringify(again.right) === JSON.stringify({ ...again.right, ...c })
    }),
    { numRuns: 30 },
  ),
)

t.test('flatten(unflatten theta) = theta, and the gaps between parameters are zero', () =>
  fc.assert(
    fc.asyncProperty(config, seed, async (c, from) => {
      const spec = imageSpec(c)
      const theta = arbitrary(spec)(key(from))
      const out = await run(flatten(spec)(unflatten(spec)(input('theta', [flatSize(spec)]))), { theta })
      const gaps = full(7, [flatSize(spec)])
      const sevens = await run(flatten(spec)(unflatten(spec)(gaps)), {})
      return near(out, [...theta], 0) && sevens.filter((x) => x === 7).length === count(spec)
    }),
    { numRuns: 10 },
  ),
)

t.test(
  'parameters are stored in order, at multiples of 16, without overlap; files have a name and all values for each',
  async () =>
    fc.assert(
      fc.property(config, (c) => {
        const spec = imageSpec(c)
        const leaves = leavesOf(spec)
        const file = encode(spec)(new Float64Array(flatSize(spec)))
        return (
          new Set(leaves.map((p) => p.name)).size === leaves.length &&
          leaves.every((p) => p.start % 16 === 0 && size(file[p.name]?.shape ?? []) === p.size) &&
          leaves.every((p, i) => p.start >= (i === 0 ? 0 : (leaves[i - 1]?.start ?? 0) + (leaves[i - 1]?.size ?? 0))) &&
          flatSize(spec) % 1024 === 0
        )
      }),
      { numRuns: 30 },
    ),
)

// ------------------------------------------------------------------------------------------------------ layers
t.test('a relative bias depends on the offset of query and key only: the entry of the table at that offset', () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), seed, async (w, heads, from) => {
      const spec = { table: biasTable(w, heads) }
      const theta = arbitrary(spec)(key(from))
      const table = encode(spec)(theta).table?.values ?? []
      const n = w ** 2
      const bias = await run(relativeBias(unflatten(spec)(input('theta', [flatSize(spec)])).table), { theta })
      return bias.every((b, at) => {
        const [h, i, j] = [Math.floor(at / n / n), Math.floor(at / n) % n, at % n]
        const [dy, dx] = [Math.floor(i / w) - Math.floor(j / w), (i % w) - (j % w)]
        return b === table[((dy + w - 1) * (2 * w - 1) + dx + w - 1) * heads + h]
      })
    }),
    { numRuns: 20 },
  ),
)

t.test('attention: the weights of a query are positive and sum to 1, at any scale of the scores', () =>
  fc.assert(
    fc.asyncProperty(seed, fc.constantFrom(0.1, 1, 100), async (from, scale) => {
      const shape = [1, 2, 4, 2, 3]
      const weights = await run(attentionWeights(input('q', shape), input('k', shape), input('bias', [2, 4, 4])), {
        q: draw(from, shape).map((x) => x * scale),
        k: draw(from + 1, shape).map((x) => x * scale),
        bias: draw(from + 2, [2, 4, 4]),
      })
      const sums = Array.from({ length: weights.length / 4 }, (_, i) =>
        weights.slice(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0),
      )
      return (
        weights.every((x) => x >= 0) &&
        near(
          sums,
          sums.map(() => 1),
        )
      )
    }),
    { numRuns: 10 },
  ),
)

t.test('window partition and its inverse give the image, and windows hold neighbours', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      seed,
      async (side, rows, columns, from) => {
        const [h, w, c] = [side * rows, side * columns, 2]
        const shape = [2, h, w, c]
        const [x, image] = [input('x', shape), draw(from, shape)]
        const back = await run(addWindows(side)(toWindows(side)(x), full(0, shape)), { x: image })
        const tokens = await run(toWindows(side)(x), { x: image })
        const holds = tokens.every((value, at) => {
          const [token, k] = [Math.floor(at / c), at % c]
          const [group, place] = [Math.floor(token / side ** 2), token % side ** 2]
          const [b, window] = [Math.floor(group / (rows * columns)), group % (rows * columns)]
          const y = Math.floor(window / columns) * side + Math.floor(place / side)
          const z = (window % columns) * side + (place % side)
          return value === image[((b * h + y) * w + z) * c + k]
        })
        return near(back, [...image], 0) && holds
      },
    ),
    { numRuns: 20 },
  ),
)

/** The mean square of each row of n, n times over. */
const meanSquares = (y: readonly number[], n: number): readonly number[] =>
  y.map((_, at) => {
    const first = at - (at % n)
    return y.slice(first, first + n).reduce((sum, v) => sum + v * v, 0) / n
  })

t.test('norms are invariant to shift, and to scale up to eps', () =>
  fc.assert(
    fc.asyncProperty(seed, evenly(-3, 3), evenly(-5, 5), async (from, shift, scale) => {
      // one group of channels per image, so that contiguous elements are normalised together
      const shape = [2, 2, 3, 4]
      const x = input('x', shape)
      const affine = { weight: input('weight', [4]), bias: input('bias', [4]) }
      const plain = { weight: new Float64Array(4).fill(1), bias: new Float64Array(4) }
      const group = (values: Float64Array) => run(groupNorm(1)(affine)(x), { x: values, ...plain })
      const layer = (values: Float64Array) => run(layerNorm(x), { x: values })
      const image = draw(from, shape)
      const moved = image.map((v) => scale * v + shift)
      for (const [norm, n] of [
        [group, 24],
        [layer, 4],
      ] as const) {
        const y = await norm(image)
        // the mean square of y is v / (v + eps) for the variance v, which becomes scale^2 v
        const expected = meanSquares(y, n).map(
          (square, at) => (scale * (y[at] ?? Number.NaN)) / Math.sqrt(1 + (scale ** 2 - 1) * square),
        )
        if (!near(await norm(moved), expected, 1e-9)) return false
      }
      return true
    }),
    // here the four numbers of a layer norm are so close together that eps matters
    { numRuns: 10, examples: [[9720, 0, 5]] },
  ),
)

t.test('a group norm normalises each group of adjacent channels separately, then applies gain and bias', () =>
  fc.assert(
    fc.asyncProperty(seed, async (from) => {
      const shape = [2, 2, 3, 4]
      const affine = { weight: input('weight', [4]), bias: input('bias', [4]) }
      const [weight, bias, image] = [draw(from, [4]), draw(from + 1, [4]), draw(from + 2, shape)]
      const groups = (n: number, values: Float64Array, gain: Float64Array, offset: Float64Array) =>
        run(groupNorm(n)(affine)(input('x', shape)), { x: values, weight: gain, bias: offset })
      const [ones, zeros] = [new Float64Array(4).fill(1), new Float64Array(4)]
      const plain = await groups(2, image, ones, zeros)
      const expected = plain.map((y, at) => y * (weight[at % 4] ?? Number.NaN) + (bias[at % 4] ?? Number.NaN))
      // the second group does not depend on the first
      const other = await groups(
        2,
        image.map((v, at) => (at % 4 < 2 ? v * v : v)),
        ones,
        zeros,
      )
      return (
        near(await groups(2, image, weight, bias), expected) &&
        plain.every((y, at) => (at % 4 < 2 ? y !== other[at] : near([y], [other[at] ?? Number.NaN])))
      )
    }),
    { numRuns: 10 },
  ),
)

t.test(
  'upsampling repeats every pixel 2 x 2, and a strided convolution keeps every second position of the unstrided one',
  () =>
    fc.assert(
      fc.asyncProperty(seed, fc.constantFrom(4, 6), async (from, side) => {
        const shape = [1, side, side, 2]
        const x = input('x', shape)
        const values = draw(from, shape)
        const big = await run(upsample(x), { x: values })
        const repeats = big.every((v, at) => {
          const [k, z, y] = [at % 2, Math.floor(at / 2) % (2 * side), Math.floor(at / 4 / side)]
          return v === values[(Math.floor(y / 2) * side + Math.floor(z / 2)) * 2 + k]
        })
        const p = { weight: input('weight', [3, 3, 2, 3]), bias: input('bias', [3]) }
        const feeds = { x: values, weight: draw(from + 1, [3, 3, 2, 3]), bias: draw(from + 2, [3]) }
        const [all, half] = [await run(conv({ stride: 1 })(p)(x), feeds), await run(conv({ stride: 2 })(p)(x), feeds)]
        const kept = half.map((_, at) => {
          const [k, z, y] = [at % 3, Math.floor(at / 3) % (side / 2), Math.floor(at / 3 / (side / 2))]
          return all[(2 * y * side + 2 * z) * 3 + k] ?? Number.NaN
        })
        return repeats && near(half, kept)
      }),
      { numRuns: 10 },
    ),
)

const small = fc.integer({ min: 1, max: 4 })

t.test('an upsampling convolution is nearest upsampling followed by the convolution', () =>
  fc.assert(
    fc.asyncProperty(seed, small, small, fc.tuple(small, small), async (from, h, w, taps) => {
      const x = input('x', [2, h, w, 2])
      const kernel = [...taps, 2, 3]
      const p = { weight: input('weight', kernel), bias: input('bias', [3]) }
      const feeds = { x: draw(from, x.shape), weight: draw(from + 1, kernel), bias: draw(from + 2, [3]) }
      return near(await run(upsampleConv(p)(x), feeds), await run(conv({ stride: 1 })(p)(upsample(x)), feeds))
    }),
    { numRuns: 30, examples: [[1, 4, 3, [3, 3]]] },
  ),
)
