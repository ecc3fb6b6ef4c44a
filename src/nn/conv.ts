/** Convolutions of images [b, h, w, c] and nearest upsampling. */
import {
  add,
  broadcast,
  configured,
  matmul,
  ofRank,
  operation,
  place,
  reshape,
  conv as slide,
  type Tensor,
} from '../tensor/ops.ts'
import { convWeight, type Init, plain, xavier, zeros } from './parameter.ts'
import type { Params } from './spec.ts'

/** k x k kernel; weight Xavier-uniform unless specified otherwise, bias zero. */
export const convSpec = (k: number, cin: number, cout: number, init: Init = xavier(k * k * cin, k * k * cout)) => ({
  weight: convWeight(k, cin, cout, init),
  bias: plain([cout], zeros),
})
export type Conv = Params<ReturnType<typeof convSpec>>

const image = 'an image [b, h, w, c]'
const weight = 'a weight [k, k, in, out]'
const unit = { stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1] }

/** x [b, h, w, in] -> [b, ceil(h / stride), ceil(w / stride), out], padded with (k - 1) / 2 zeros on every side. */
export const conv = ({ stride }: { readonly stride: number }): ((p: Conv) => (x: Tensor) => Tensor) =>
  configured('conv', (p: Conv) => (x: Tensor): Tensor => {
    const [k, , cin, cout] = ofRank(p.weight, 4, weight)
    ofRank(x, 4, image)
    if (k === 1 && stride === 1) return add(matmul(x, reshape([cin, cout])(p.weight)), p.bias)
    const pad = (k - 1) / 2
    const both = (n: number): readonly number[] => [n, n]
    return add(slide({ ...unit, stride: both(stride), low: both(pad), high: both(pad) })(x, p.weight), p.bias)
  })

/** Every pixel becomes 2 x 2 equal ones: [b, h, w, c] -> [b, 2h, 2w, c]. */
export const upsample = operation('upsample', (x: Tensor): Tensor => {
  const [b, h, w, c] = ofRank(x, 4, image)
  return reshape([b, 2 * h, 2 * w, c])(broadcast([b, h, 2, w, 2, c])(reshape([b, h, 1, w, 1, c])(x)))
})

/** The kernel at `at` of an axis that is one longer, zero elsewhere. */
const shifted =
  (axis: number, at: number) =>
  (w: Tensor): Tensor =>
    place(
      w.shape.map((n, i) => (i === axis ? n + 1 : n)),
      [{ start: w.shape.map((_, i) => (i === axis ? at : 0)), step: w.shape.map(() => 1) }],
      [w],
    )
const doubled =
  (axis: number) =>
  (w: Tensor): Tensor =>
    add(shifted(axis, 0)(w), shifted(axis, 1)(w))

/**
 * conv(upsample(x)) without the upsampled image: equal pixels are multiplied by sums of taps, so a 3 x 3 convolution of
 * doubled pixels is a 4 x 4 one of dilated pixels, which is 2 x 2 taps for each of four phases: 2.25 times fewer products.
 * [b, h, w, in] -> [b, 2h, 2w, out]. Law: upsampleConv(p)(x) = conv({ stride: 1 })(p)(upsample(x)).
 */
export const upsampleConv = configured('upsampleConv', (p: Conv) => (x: Tensor): Tensor => {
  const [k] = ofRank(p.weight, 4, weight)
  const pad = (k + 1) / 2
  const both = (n: number): readonly number[] => [n, n]
  const geometry = { stride: both(1), dilation: both(1), lhsDilation: both(2), low: both(pad), high: both(pad) }
  return add(slide(geometry)(x, doubled(1)(doubled(0)(p.weight))), p.bias)
})
