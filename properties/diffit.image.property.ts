/** Laws of the image-space model: its gradients, its independence across the batch, and what it depends on. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds } from '../src/check/index.ts'
import { evaluate } from '../src/lower/compile.ts'
import type { ImageConfig } from '../src/models/image/imageConfig.ts'
import { imageModel } from '../src/models/image/imageModel.ts'
import { flatSize, init, numbered, unflatten } from '../src/nn/spec.ts'
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
  t.throws(() => apply(p)(full(1, [1, 4, 4, 2]), full(1, [1, 256]), full(1, [1, 3])), { name: 'ShapeError' })
})
