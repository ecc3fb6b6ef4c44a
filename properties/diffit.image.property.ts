/** Laws of the image-space model: its gradients, its independence across the batch, and what it depends on. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds } from '../src/check/index.ts'
import { mustBe } from '../src/cli/errors.ts'
import { evaluate } from '../src/lower/compile.ts'
import type { ImageConfig } from '../src/models/image/imageConfig.ts'
import { imageModel } from '../src/models/image/imageModel.ts'
import { decode, type Entry, encode, flatSize, init, numbered, unflatten } from '../src/nn/spec.ts'
import { key } from '../src/random/key.ts'
import { full, input, type Tensor } from '../src/tensor/ops.ts'
import { adjoint } from './adjoint.ts'
import { close, draw, seed, theta } from './layers.ts'

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
  learn_sigma: false,
  augment_labels: 0,
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

const augmentable: ImageConfig = { ...tiny, augment_labels: 9 }

t.test("image model with labels of augmentation: <dy, J v> = <J' dy, v> for their map and for them", async () => {
  const { spec, apply } = imageModel(augmentable)
  const points = { p: numbered(spec)(theta(spec, 7)), x: [1, 4, 4, 1], time: [1, 256], labels: [1, 3], augment: [1, 9] }
  await adjoint(({ p, x, time, labels, augment }) => apply(p)(x, time, labels, augment), points)
})

t.test('image model: with a zero label of augmentation it is the model without; at first with any label', () =>
  fc.assert(
    fc.asyncProperty(seed, async (from) => {
      const [plain, told] = [imageModel(tiny), imageModel(augmentable)]
      const run = async (parameters: Readonly<Record<string, Entry>>, augment: Float64Array) => {
        const values = mustBe(decode(told.spec)(parameters))
        const feeds = { ...imagePoint(from, 1), augment, theta: values }
        const [x, time, labels] = [input('x', [1, 4, 4, 1]), input('time', [1, 256]), input('labels', [1, 3])]
        const p = unflatten(told.spec)(input('theta', [flatSize(told.spec)]))
        return (await evaluate(cpu)({ y: told.apply(p)(x, time, labels, input('augment', [1, 9])) }, feeds)).y
      }
      const values = theta(plain.spec, from)
      const own = encode(plain.spec)(values)
      const map = (of: (i: number) => number): Entry => ({
        shape: [256, 9],
        values: Float64Array.from({ length: 2304 }, (_, i) => of(i)),
      })
      const random = map((i) => Math.sin(i + from))
      const label = draw(from + 3, [1, 9])
      const without = await runImage(tiny, 1, { theta: values, ...imagePoint(from, 1) })
      const name = 'augment_embedder.weight'
      return (
        close(without, await run({ ...own, [name]: random }, new Float64Array(9)), 0) &&
        close(without, await run({ ...own, [name]: map(() => 0) }, label), 0) &&
        !close(without, await run({ ...own, [name]: random }, label))
      )
    }),
    { numRuns: 4 },
  ),
)

t.test(
  'image model: labels of augmentation add one parameter, zero at first; all others stay in place and value',
  async (t) => {
    const [plain, told] = [imageModel(tiny), imageModel(augmentable)].map(({ spec }) =>
      encode(spec)(init(spec)(key(4))),
    )
    const { 'augment_embedder.weight': map, ...others } = told ?? {}
    t.same(Object.keys(others), Object.keys(plain ?? {}))
    t.same(others, plain)
    t.same(map?.shape, [256, 9])
    t.ok(map?.values.every((v) => v === 0))
  },
)

t.test('image model: the gradient of the gradient agrees too', async () => {
  const { spec, apply } = imageModel({ ...tiny, classes: null, widths: [4], depths: [1] })
  const points = { theta: { shape: [flatSize(spec)], values: theta(spec, 6) }, x: [1, 4, 4, 1], time: [1, 256] }
  const f = ({ theta, x, time }: Readonly<Record<'theta' | 'x' | 'time', Tensor>>): Tensor =>
    apply(unflatten(spec)(theta))(x, time, null)
  await gradientHolds(cpu)(f, points)(3)
})

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

t.test('image model: the output of an image does not depend on the rest of the batch', () =>
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
  'image model: the initial output is zero; with random parameters it depends on every parameter, the time and the label',
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

t.test('image model: missing labels and mismatched shapes are errors', async (t) => {
  const { spec, apply } = imageModel(tiny)
  const p = unflatten(spec)(full(1, [flatSize(spec)]))
  t.throws(() => apply(p)(full(1, [1, 4, 4, 1]), full(1, [1, 256]), null), { name: 'ShapeError', message: /labels/ })
  const told = imageModel(augmentable)
  const q = unflatten(told.spec)(full(1, [flatSize(told.spec)]))
  t.throws(() => told.apply(q)(full(1, [1, 4, 4, 1]), full(1, [1, 256]), full(1, [1, 3])), {
    name: 'ShapeError',
    message: /needs the labels of augmentation \[b, 9\]/,
  })
  t.throws(() => apply(p)(full(1, [1, 4, 4, 2]), full(1, [1, 256]), full(1, [1, 3])), { name: 'ShapeError' })
})
