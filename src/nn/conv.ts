/** Convolutions of images [b, h, w, c] and nearest upsampling. */
import { add, broadcast, reshape, conv as slide, type Tensor } from '../tensor/ops.ts'
import { convWeight, type Init, plain, xavier, zeros } from './parameter.ts'
import type { Params } from './spec.ts'

/** k x k taps; weight xavier-uniform unless said otherwise, bias zero. */
export const convSpec = (k: number, cin: number, cout: number, init: Init = xavier(k * k * cin, k * k * cout)) => ({
  weight: convWeight(k, cin, cout, init),
  bias: plain([cout], zeros),
})
export type Conv = Params<ReturnType<typeof convSpec>>

/** x [b, h, w, in] -> [b, ceil(h / stride), ceil(w / stride), out], padded with (k - 1) / 2 zeros on every side. */
export const conv =
  ({ stride }: { readonly stride: number }) =>
  (p: Conv) =>
  (x: Tensor): Tensor => {
    const pad = ((p.weight.shape[0] ?? 1) - 1) / 2
    const both = (n: number): readonly number[] => [n, n]
    const geometry = { stride: both(stride), dilation: both(1), spread: both(1), low: both(pad), high: both(pad) }
    return add(slide(geometry)(x, p.weight), p.bias)
  }

/** Every pixel becomes 2 x 2 equal ones: [b, h, w, c] -> [b, 2h, 2w, c]. */
export const upsample = (x: Tensor): Tensor => {
  const [b = 1, h = 1, w = 1, c = 1] = x.shape
  return reshape([b, 2 * h, 2 * w, c])(broadcast([b, h, 2, w, 2, c])(reshape([b, h, 1, w, 1, c])(x)))
}
