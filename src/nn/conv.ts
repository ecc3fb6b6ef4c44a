/** Convolutions of images [b, h, w, c] and nearest upsampling. */
import { at } from '../tensor/axes.ts'
import { refuse } from '../tensor/errors.ts'
import {
  add,
  broadcast,
  configured,
  contract,
  matmul,
  ofRank,
  operation,
  pad,
  place,
  reshape,
  conv as slide,
  type Tensor,
  transpose,
  windows,
} from '../tensor/ops.ts'
import { text } from '../tensor/shape.ts'
import { addBias } from './bias.ts'
import { convWeight, type Fans, type Init, type Kernel, parameter, xavier, zeros } from './parameter.ts'

/**
 * A kernel of k x k or kh x kw taps; weight Xavier-uniform unless specified otherwise, bias zero; `withoutBias` leaves the
 * bias out. `cin` is the number of channels that one sum reads: those of a group where there are groups.
 */
export const convSpec = (kernel: Kernel, cin: number, cout: number, init: Init | Fans = xavier) => ({
  weight: convWeight(kernel, cin, cout, init),
  bias: parameter([cout], zeros),
})
/** The parameters of a convolution. */
export interface Conv {
  /** [kh, kw, in, out]; [out, in, kh, kw] in files. */
  readonly weight: Tensor
  /** [out]; null: none. */
  readonly bias: Tensor | null
}

const image = 'an image [b, h, w, c]'
const weight = 'a weight [kh, kw, in, out]'
const unit = { stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1] }
const both = (n: number): readonly [number, number] => [n, n]

/** Zeros before and after the rows, then the columns. */
type Sides = readonly [rows: readonly [number, number], columns: readonly [number, number]]

/** Stride, padding, dilation and groups of a convolution. */
export interface ConvConfig {
  readonly stride: number
  /**
   * Zeros around the image: a number on every side, or numbers for each side; 'same', which is meant unless given: one less
   * than the (dilated) kernel has along each axis, half before and half after, an odd one after, so that stride 1 keeps the
   * size. PyTorch's 'same'.
   */
  readonly padding?: 'same' | number | Sides
  /** From one tap of the kernel to the next; 1 unless given. */
  readonly dilation?: number
  /**
   * Channels are split into so many groups of adjacent ones, and each group of outputs sees one group of inputs; 1 unless
   * given. As many groups as channels: a depthwise convolution.
   */
  readonly groups?: number
}

const sidesOf = ({ padding = 'same', dilation = 1 }: ConvConfig, taps: readonly [number, number]): Sides => {
  if (padding !== 'same') {
    const sides: Sides = typeof padding === 'number' ? [both(padding), both(padding)] : padding
    const whole = sides.flat().every((n) => Number.isSafeInteger(n) && n >= 0)
    return whole ? sides : refuse(`padding ${text(sides.flat())}, expected whole numbers of at least 0`)
  }
  const around = (k: number): readonly [number, number] => {
    const total = dilation * (k - 1)
    return [Math.floor(total / 2), Math.ceil(total / 2)]
  }
  return [around(taps[0]), around(taps[1])]
}

/** One contraction for all groups, over a view of the windows. */
const grouped = (x: Tensor, w: Tensor, groups: number, c: ConvConfig): Tensor => {
  const [kh, kw, cin, cout] = ofRank(w, 4, weight)
  const [, , , channels] = ofRank(x, 4, image)
  if (channels !== groups * cin || cout % groups !== 0)
    return refuse(
      `${channels} channels in and ${cout} out, expected ${groups} groups of ${cin} in and of equal sizes out`,
    )
  const [rows, columns] = sidesOf(c, [kh, kw])
  const { stride, dilation = 1 } = c
  const over = { axes: [1, 2], size: [kh, kw], stride: both(stride), dilation: both(dilation) }
  const seen = windows(over)(pad([[0, 0], rows, columns, [0, 0]])(x))
  const [b, h, wide] = ofRank(seen, 6, 'windows [b, h, w, c, k, k]')
  const sums = contract({
    batch: [[3, 3]],
    sum: [
      [4, 2],
      [5, 0],
      [6, 1],
    ],
  })(reshape([b, h, wide, groups, cin, kh, kw])(seen), reshape([kh, kw, cin, groups, cout / groups])(w))
  return reshape([b, h, wide, cout])(transpose([1, 2, 3, 0, 4])(sums))
}

/**
 * x [b, h, w, in] -> [b, h', w', out], ceil(h / stride) by ceil(w / stride) unless padded otherwise: every output is a sum
 * over the kernel at its place, plus the bias; cross-correlation, as torch.nn.Conv2d. ShapeError where the channels are not
 * those of the weight, or the kernel is larger than the padded image.
 */
export const conv = (c: ConvConfig): ((p: Conv) => (x: Tensor) => Tensor) =>
  configured('conv', (p: Conv) => (x: Tensor): Tensor => {
    const [kh, kw, cin, cout] = ofRank(p.weight, 4, weight)
    ofRank(x, 4, image)
    const { stride, dilation = 1, groups = 1 } = c
    if (!(Number.isSafeInteger(groups) && groups >= 1))
      return refuse(`${groups} groups, expected a whole number of at least 1`)
    if (groups > 1) return addBias(grouped(x, p.weight, groups, c), p.bias)
    const sides = sidesOf(c, [kh, kw])
    const padded = sides.flat().some((n) => n !== 0)
    if (kh === 1 && kw === 1 && stride === 1 && !padded)
      return addBias(matmul(x, reshape([cin, cout])(p.weight)), p.bias)
    const [low, high] = [sides.map((s) => at(s, 0)), sides.map((s) => at(s, 1))]
    return addBias(slide({ ...unit, stride: both(stride), dilation: both(dilation), low, high })(x, p.weight), p.bias)
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
  const [kh, kw] = ofRank(p.weight, 4, weight)
  const sides = sidesOf({ stride: 1 }, [kh, kw])
  const [low, high] = [sides.map((s) => at(s, 0) + 1), sides.map((s) => at(s, 1) + 1)]
  const geometry = { ...unit, lhsDilation: both(2), low, high }
  return addBias(slide(geometry)(x, doubled(1)(doubled(0)(p.weight))), p.bias)
})
