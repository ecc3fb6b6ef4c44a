/**
 * Laws of convolutions of any geometry: strides, dilation, lhsDilation (dilation of the input) and padding, which may differ
 * from side to side and crop. Held to loops written down here, in float64.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { evaluate } from '../src/lower/compile.ts'
import { key, normal } from '../src/random/key.ts'
import { conv, input } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'

/** One spatial axis: pixels, taps, and how the kernel moves over the lhsDilation and padded image. */
interface Axis {
  readonly pixels: number
  readonly taps: number
  readonly stride: number
  readonly dilation: number
  readonly lhsDilation: number
  readonly low: number
  readonly high: number
}

const outputs = ({ pixels, taps, stride, dilation, lhsDilation, low, high }: Axis): number =>
  Math.floor(((pixels - 1) * lhsDilation + 1 + low + high - (taps - 1) * dilation - 1) / stride) + 1

const axis: fc.Arbitrary<Axis> = fc
  .record({
    pixels: fc.integer({ min: 1, max: 6 }),
    taps: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    lhsDilation: fc.integer({ min: 1, max: 4 }),
    low: fc.integer({ min: -1, max: 4 }),
    high: fc.integer({ min: -1, max: 4 }),
  })
  // a crop leaves something of the image
  .filter((a) => outputs(a) >= 1 && (a.pixels - 1) * a.lhsDilation + 1 + Math.min(0, a.low) + Math.min(0, a.high) >= 1)

const [images, cin, cout] = [2, 2, 3]

/** The pixel of x that output `o` sees through tap `k`; null where it sees padding or what spreading put between. */
const seen = ({ pixels, stride, dilation, lhsDilation, low }: Axis, o: number, k: number): number | null => {
  const at = o * stride + k * dilation - low
  return at % lhsDilation === 0 && at >= 0 && at / lhsDilation < pixels ? at / lhsDilation : null
}

const byHand = (h: Axis, w: Axis, x: Float64Array, kernel: Float64Array): Float64Array => {
  const [rows, columns] = [outputs(h), outputs(w)]
  const y = new Float64Array(images * rows * columns * cout)
  for (let at = 0; at < y.length; at++) {
    const o = at % cout
    const column = Math.floor(at / cout) % columns
    const row = Math.floor(at / cout / columns) % rows
    const image = Math.floor(at / cout / columns / rows)
    let total = 0
    for (let i = 0; i < h.taps; i++)
      for (let j = 0; j < w.taps; j++) {
        const [p, q] = [seen(h, row, i), seen(w, column, j)]
        if (p === null || q === null) continue
        for (let c = 0; c < cin; c++) {
          const pixel = x[((image * h.pixels + p) * w.pixels + q) * cin + c]
          const weight = kernel[((i * w.taps + j) * cin + c) * cout + o]
          total += (pixel ?? Number.NaN) * (weight ?? Number.NaN)
        }
      }
    y[at] = total
  }
  return y
}

const dot = (a: ArrayLike<number> = [], b: ArrayLike<number> = []): number =>
  Array.from(a).reduce((sum, v, i) => sum + v * (b[i] ?? Number.NaN), 0)

t.test('a convolution is its sum over taps, and both its gradients are its adjoints', () =>
  fc.assert(
    fc.asyncProperty(axis, axis, fc.nat(1 << 20), async (h, w, seed) => {
      const of = (name: keyof Axis): readonly number[] => [h[name], w[name]]
      const geometry = {
        stride: of('stride'),
        dilation: of('dilation'),
        lhsDilation: of('lhsDilation'),
        low: of('low'),
        high: of('high'),
      }
      const shapes = { x: [images, h.pixels, w.pixels, cin], kernel: [h.taps, w.taps, cin, cout] }
      const [x, kernel] = [input('x', shapes.x), input('kernel', shapes.kernel)]
      const y = conv(geometry)(x, kernel)
      const [dx = y, dkernel = y] = vjp(y, input('dy', y.shape), [x, kernel])
      const draw = (shape: readonly number[], n: number): Float64Array =>
        normal(
          key(seed + n),
          shape.reduce((p, s) => p * s, 1),
        )
      const feeds = { x: draw(shapes.x, 1), kernel: draw(shapes.kernel, 2), dy: draw(y.shape, 3) }
      const found = await evaluate(cpu)({ y, dx, dkernel }, feeds, [x, kernel])
      const exact = byHand(h, w, feeds.x, feeds.kernel)
      const off = exact.reduce((most, v, i) => Math.max(most, Math.abs(v - (found.y?.[i] ?? Number.NaN))), 0)
      // <dy, y> = <dx, x> = <dkernel, kernel>, because y is linear in each
      const [along, back, weights] = [dot(feeds.dy, exact), dot(found.dx, feeds.x), dot(found.dkernel, feeds.kernel)]
      return (
        exact.length === found.y?.length &&
        off < 1e-10 &&
        Math.abs(along - back) < 1e-9 &&
        Math.abs(along - weights) < 1e-9
      )
    }),
    { numRuns: 150 },
  ),
)
