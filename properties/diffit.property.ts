/** Laws of the models: what TMSA, the block, the ResBlock and the image-space model mean, and their gradients. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds } from '../src/check/index.ts'
import { block, blockSpec } from '../src/diffit/block.ts'
import { imageModel } from '../src/diffit/image.ts'
import type { ImageConfig } from '../src/diffit/imageConfig.ts'
import { resblock, resblockSpec } from '../src/diffit/resblock.ts'
import { type TmsaConfig, tmsa, tmsaSpec } from '../src/diffit/tmsa.ts'
import { evaluate } from '../src/lower/compile.ts'
import { arbitrary, encode, flatSize, init, leavesOf, numbered, type Spec, unflatten } from '../src/nn/spec.ts'
import { key, normal, permutation } from '../src/random/key.ts'
import { full, input, type Tensor } from '../src/tensor/ops.ts'
import { size } from '../src/tensor/shape.ts'
import { vjp } from '../src/transform/grad.ts'
import { adjoint } from './adjoint.ts'
import { affine, attend, rows } from './byHand.ts'

const seed = fc.integer({ min: 0, max: 2 ** 31 })
const draw = (from: number, shape: readonly number[]): Float64Array => normal(key(from), size(shape))
const close = (a: ArrayLike<number> = [], b: ArrayLike<number> = [], by = 1e-9): boolean =>
  a.length === b.length && Array.from(a).every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= by * (1 + Math.abs(x)))

/** Random parameters, with changes by file name: f(value, index in the engine's layout). */
const theta = (
  spec: Spec,
  from: number,
  changes: Readonly<Record<string, (value: number, index: number) => number>> = {},
): Float64Array => {
  const values = arbitrary(spec)(key(from))
  for (const p of leavesOf(spec)) {
    const change = changes[p.name]
    if (change !== undefined)
      for (let i = 0; i < p.size; i++) values[p.start + i] = change(values[p.start + i] ?? Number.NaN, i)
  }
  return values
}
const zero = (): number => 0

// ------------------------------------------------------------------------------------------------------- TMSA
interface Setting extends TmsaConfig {
  readonly images: number
  readonly groups: number
}
const setting: fc.Arbitrary<Setting> = fc
  .record({
    heads: fc.integer({ min: 1, max: 3 }),
    d: fc.integer({ min: 1, max: 3 }),
    window: fc.integer({ min: 1, max: 3 }),
    time_width: fc.integer({ min: 1, max: 4 }),
    images: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ d, ...s }) => ({ ...s, width: s.heads * d }))

const shapesOf = (s: Setting) => ({
  xs: [s.images, s.groups, s.window ** 2, s.width],
  xt: [s.images, s.time_width],
})
const pointOf = (s: Setting, from: number) => {
  const { xs, xt } = shapesOf(s)
  return { xs: draw(from + 1, xs), xt: draw(from + 2, xt) }
}

const tensors = (s: Setting, spec: Spec) => ({
  theta: input('theta', [flatSize(spec)]),
  xs: input('xs', shapesOf(s).xs),
  xt: input('xt', shapesOf(s).xt),
})
const runTmsa = async (
  s: Setting,
  values: Float64Array,
  xs: Float64Array,
  xt: Float64Array,
): Promise<ArrayLike<number>> => {
  const spec = tmsaSpec(s)
  const x = tensors(s, spec)
  const { y } = await evaluate(cpu)({ y: tmsa(s)(unflatten(spec)(x.theta))(x.xs, x.xt) }, { theta: values, xs, xt })
  return y ?? []
}

t.test('tmsa is one linear map of each spatial token beside the time token, then attention by offset, by hand', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const spec = tmsaSpec(s)
      const [values, { xs, xt }] = [theta(spec, from), pointOf(s, from)]
      const p = numbered(spec)(values)
      const file = encode(spec)(values)
      const table = rows(file.relative_position_bias_table?.values ?? [], s.heads)
      const w = s.window
      const bias = (h: number, i: number, j: number): number => {
        const [dy, dx] = [Math.floor(i / w) - Math.floor(j / w), (i % w) - (j % w)]
        return table[(dy + w - 1) * (2 * w - 1) + dx + w - 1]?.[h] ?? Number.NaN
      }
      const both = [...rows(p.qkv.weight.values, 3 * s.width), ...rows(p.qkv_temb.weight.values, 3 * s.width)]
      const sum = p.qkv.bias.values.map((b, i) => b + (p.qkv_temb.bias.values[i] ?? Number.NaN))
      const [tokens, times] = [rows(xs, s.width), rows(xt, s.time_width)]
      const n = w ** 2
      const expected = Array.from({ length: s.images * s.groups }, (_, g) => {
        const time = times[Math.floor(g / s.groups)] ?? []
        const beside = tokens.slice(g * n, (g + 1) * n).map((token) => [...token, ...time])
        return affine(
          attend(affine(beside, both, sum), s.heads, bias),
          rows(p.proj.weight.values, s.width),
          p.proj.bias.values,
        )
      }).flat(2)
      return close(await runTmsa(s, values, xs, xt), expected)
    }),
    { numRuns: 40 },
  ),
)

t.test('tmsa: zero time weights is plain attention, whatever the time', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const { xs, xt } = pointOf(s, from)
      const still = theta(tmsaSpec(s), from, { 'qkv_temb.weight': zero })
      return close(await runTmsa(s, still, xs, xt), await runTmsa(s, still, xs, xt.map(zero)))
    }),
    { numRuns: 20 },
  ),
)

t.test('tmsa: without position biases, tokens that change places take their answers along', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const { xs, xt } = pointOf(s, from)
      const values = theta(tmsaSpec(s), from, { relative_position_bias_table: zero })
      const n = s.window ** 2
      const order = permutation(key(from), n)
      const moved = (x: ArrayLike<number>): Float64Array =>
        Float64Array.from({ length: x.length }, (_, i) => {
          const [token, c] = [Math.floor(i / s.width), i % s.width]
          const from = Math.floor(token / n) * n + (order[token % n] ?? 0)
          return x[from * s.width + c] ?? Number.NaN
        })
      return close(await runTmsa(s, values, moved(xs), xt), moved(await runTmsa(s, values, xs, xt)))
    }),
    { numRuns: 20 },
  ),
)

const isKey = (s: Setting, i: number): boolean => i % (3 * s.width) >= s.width && i % (3 * s.width) < 2 * s.width

t.test('tmsa: softmax forgets the biases of the keys and the whole time projection of the keys', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const spec = tmsaSpec(s)
      const { xs, xt } = pointOf(s, from)
      const other = (value: number, i: number): number => (isKey(s, i) ? 3 - value : value)
      const changes = { 'qkv.bias': other, 'qkv_temb.bias': other, 'qkv_temb.weight': other }
      const [plain, changed] = [theta(spec, from), theta(spec, from, changes)]
      const same = close(await runTmsa(s, plain, xs, xt), await runTmsa(s, changed, xs, xt))
      const x = tensors(s, spec)
      const dy = draw(from + 3, shapesOf(s).xs)
      const [gradient = x.theta] = vjp(tmsa(s)(unflatten(spec)(x.theta))(x.xs, x.xt), input('dy', shapesOf(s).xs), [
        x.theta,
      ])
      const { g = new Float64Array() } = await evaluate(cpu)({ g: gradient }, { theta: plain, xs, xt, dy })
      const p = numbered(spec)(Float64Array.from(g))
      const forgotten = [p.qkv.bias, p.qkv_temb.bias, p.qkv_temb.weight].flatMap(({ values }) =>
        [...values].filter((_, i) => isKey(s, i)),
      )
      const remembered = [...p.qkv.bias.values].filter((_, i) => !isKey(s, i))
      return same && forgotten.every((v) => Math.abs(v) < 1e-12) && remembered.some((v) => Math.abs(v) > 1e-9)
    }),
    { numRuns: 20 },
  ),
)

// --------------------------------------------------------------------------------------------------- gradients
const small: Setting = { width: 4, heads: 2, window: 2, time_width: 3, images: 2, groups: 2 }

t.test("tmsa: <dy, J v> = <J' dy, v> for every parameter and input, in first and second order", () =>
  fc.assert(
    fc.asyncProperty(setting, seed, (s, from) => {
      const spec = tmsaSpec(s)
      const points = { p: numbered(spec)(theta(spec, from)), ...shapesOf(s) }
      return gradientHolds(cpu)(({ p, xs, xt }) => tmsa(s)(p)(xs, xt), points)(from)
    }),
    { numRuns: 10 },
  ),
)

t.test("block: <dy, J v> = <J' dy, v> for every parameter and input, in first and second order", () =>
  fc.assert(
    fc.asyncProperty(seed, (from) => {
      const spec = blockSpec({ ...small, mlp_ratio: 2 })
      const points = { p: numbered(spec)(theta(spec, from)), ...shapesOf(small) }
      return gradientHolds(cpu)(({ p, xs, xt }) => block(small)(p)(xs, xt), points)(from)
    }),
    { numRuns: 3 },
  ),
)

t.test("resblock: <dy, J v> = <J' dy, v>, where the widths agree and where they differ", () =>
  fc.assert(
    fc.asyncProperty(seed, fc.constantFrom(4, 8), (from, width) => {
      const config = { ...small, width: 4, from: width, mlp_ratio: 1 }
      const spec = resblockSpec(config)
      const points = { p: numbered(spec)(theta(spec, from)), x: [1, 4, 2, width], xt: [1, 3] }
      return gradientHolds(cpu)(({ p, x, xt }) => resblock(config)(p)(x, xt), points)(from)
    }),
    { numRuns: 3 },
  ),
)

const tiny: ImageConfig = {
  model: 'image',
  image_size: 4,
  channels: 1,
  widths: [4, 4],
  depths: [1, 1],
  window: 2,
  heads: 2,
  time_width: 2,
  mlp_ratio: 1,
  classes: 2,
}

for (const classes of [2, null])
  t.test(
    `image model, ${classes === null ? 'unconditional' : 'conditional'}: <dy, J v> = <J' dy, v> for every parameter`,
    async () => {
      const config = { ...tiny, classes }
      const { spec, apply } = imageModel(config)
      const points = {
        p: numbered(spec)(theta(spec, 5)),
        x: [1, 4, 4, 1],
        time: [1, 256],
        labels: classes === null ? null : [1, classes + 1],
      }
      await adjoint(({ p, x, time, labels }) => apply(p)(x, time, labels), points)
    },
  )

t.test('image model: the gradient of the gradient agrees too', async () => {
  const { spec, apply } = imageModel({ ...tiny, classes: null, widths: [4], depths: [1] })
  const points = { theta: { shape: [flatSize(spec)], values: theta(spec, 6) }, x: [1, 4, 4, 1], time: [1, 256] }
  const f = ({ theta, x, time }: Readonly<Record<'theta' | 'x' | 'time', Tensor>>): Tensor =>
    apply(unflatten(spec)(theta))(x, time, null)
  await gradientHolds(cpu)(f, points)(3)
})

// ------------------------------------------------------------------------------------------------------ models
t.test('block: zero output projections make it the identity, and so it is born', () =>
  fc.assert(
    fc.asyncProperty(setting, seed, async (s, from) => {
      const spec = blockSpec({ ...s, mlp_ratio: 1.5 })
      const { xs, xt } = pointOf(s, from)
      const x = tensors(s, spec)
      const y = block(s)(unflatten(spec)(x.theta))(x.xs, x.xt)
      const silent = theta(spec, from, {
        'attn.proj.weight': zero,
        'attn.proj.bias': zero,
        'mlp.fc2.weight': zero,
        'mlp.fc2.bias': zero,
      })
      const run = async (values: Float64Array) => (await evaluate(cpu)({ y }, { theta: values, xs, xt })).y
      return close(await run(silent), xs, 0) && close(await run(init(spec)(key(from))), xs, 0)
    }),
    { numRuns: 10 },
  ),
)

const runImage = async (
  config: ImageConfig,
  images: number,
  feeds: Readonly<Record<'theta' | 'x' | 'time' | 'labels', Float64Array>>,
) => {
  const { spec, apply } = imageModel(config)
  const [side, classes] = [config.image_size, config.classes ?? 0]
  const [x, time, labels] = [
    input('x', [images, side, side, config.channels]),
    input('time', [images, 256]),
    input('labels', [images, classes + 1]),
  ]
  const { y } = await evaluate(cpu)(
    { y: apply(unflatten(spec)(input('theta', [flatSize(spec)])))(x, time, labels) },
    feeds,
  )
  return y ?? new Float64Array()
}
const imagePoint = (from: number, images: number) => ({
  x: draw(from, [images, 4, 4, 1]),
  time: draw(from + 1, [images, 256]),
  labels: draw(from + 2, [images, 3]),
})

t.test('image model: an image is answered the same whatever is beside it', () =>
  fc.assert(
    fc.asyncProperty(seed, async (from) => {
      const values = theta(imageModel(tiny).spec, from)
      const three = imagePoint(from, 3)
      const second = { x: three.x.slice(16, 32), time: three.time.slice(256, 512), labels: three.labels.slice(3, 6) }
      const [together, alone] = [
        await runImage(tiny, 3, { theta: values, ...three }),
        await runImage(tiny, 1, { theta: values, ...second }),
      ]
      return close(together.slice(16, 32), alone)
    }),
    { numRuns: 5 },
  ),
)

t.test(
  'image model: it is born silent, and every parameter, the time and the label matter to a grown one',
  async (t) => {
    const { spec } = imageModel(tiny)
    const point = imagePoint(8, 1)
    t.ok((await runImage(tiny, 1, { theta: init(spec)(key(1)), ...point })).every((v) => v === 0))
    const values = theta(spec, 9)
    const y = await runImage(tiny, 1, { theta: values, ...point })
    t.notOk(close(y, await runImage(tiny, 1, { theta: values, ...point, time: draw(10, [1, 256]) })))
    t.notOk(close(y, await runImage(tiny, 1, { theta: values, ...point, labels: draw(11, [1, 3]) })))
  },
)

t.test('image model: missing labels and shapes that do not fit are refused', async (t) => {
  const { spec, apply } = imageModel(tiny)
  const p = unflatten(spec)(full(1, [flatSize(spec)]))
  t.throws(() => apply(p)(full(1, [1, 4, 4, 1]), full(1, [1, 256]), null), { name: 'ShapeError', message: /labels/ })
  t.throws(() => apply(p)(full(1, [1, 4, 4, 2]), full(1, [1, 256]), full(1, [1, 3])), { name: 'ShapeError' })
})
