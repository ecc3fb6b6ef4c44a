/**
 * Convolutions, which are products over windows: padding, windows and a contraction, no kernel of their own. Closed under
 * differentiation: both gradients of a convolution are convolutions.
 */
import * as E from 'fp-ts/lib/Either.js'
import { contract } from './contraction.ts'
import { flip, place, slice, transpose } from './movement.ts'
import { type Primitive, primitive } from './primitive.ts'
import { sameShape } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { windows } from './windows.ts'

const range = (n: number, from = 0): readonly number[] => Array.from({ length: n }, (_, i) => i + from)

/** Per spatial axis: y[i] = sum over j of x'[i * stride + j * dilation] w[j], x' = x spread by `spread`, padded low and high. */
export type Conv = {
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  readonly spread: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

const spreadSize = (n: number, by: number): number => (n - 1) * by + 1
const axesOf = (c: Conv): readonly number[] => range(c.stride.length)

const outputSize = (n: number, k: number, c: Conv, i: number): number =>
  Math.floor(
    (spreadSize(n, c.spread[i] ?? 1) + (c.low[i] ?? 0) + (c.high[i] ?? 0) - spreadSize(k, c.dilation[i] ?? 1)) /
      (c.stride[i] ?? 1),
  ) + 1

/** x [b, ...space, cin] * w [...taps, cin, cout] -> [b, ...space', cout]: cross-correlation, as every framework has it. */
export const convPrimitive: Primitive<Conv> = primitive<Conv>({
  name: 'conv',
  shape: ([x = [], w = []], c) => {
    const rank = c.stride.length
    if (x.length !== rank + 2 || w.length !== rank + 2)
      return E.left(`expected x [b, ${rank} spatial axes, cin] and w [${rank} taps, cin, cout]`)
    if (x[rank + 1] !== w[rank]) return E.left(`x has ${x[rank + 1]} channels but w takes ${w[rank]}`)
    const space = axesOf(c).map((i) => outputSize(x[i + 1] ?? 0, w[i] ?? 0, c, i))
    return space.every((n) => n >= 1)
      ? E.right([x[0] ?? 0, ...space, w[rank + 1] ?? 0])
      : E.left('the kernel is larger than the image')
  },
  lower: ([x, w], c) => {
    if (x === undefined || w === undefined) throw new RangeError('conv takes two inputs')
    const mixed = axesOf(c).some((i) => c.spread[i] !== 1 && (c.stride[i] !== 1 || c.dilation[i] !== 1))
    return { kind: 'expand', into: mixed ? slide(padded(x, c), w, c) : byPhase(x, w, c) }
  },
  vjp: ({ x: [x, w], dy }, c) => {
    if (x === undefined || w === undefined) return []
    const rank = c.stride.length
    const each = (f: (n: number, k: number, o: number, i: number) => number): readonly number[] =>
      range(rank).map((i) => f(x.shape[i + 1] ?? 1, w.shape[i] ?? 1, dy.shape[i + 1] ?? 1, i))
    const lowX = each((_n, k, _o, i) => spreadSize(k, c.dilation[i] ?? 1) - 1 - (c.low[i] ?? 0))
    const forX: Conv = {
      stride: c.spread,
      dilation: c.dilation,
      spread: c.stride,
      low: lowX,
      high: each(
        (n, k, o, i) =>
          spreadSize(n, c.spread[i] ?? 1) -
          spreadSize(o, c.stride[i] ?? 1) -
          (lowX[i] ?? 0) +
          spreadSize(k, c.dilation[i] ?? 1) -
          1,
      ),
    }
    const forW: Conv = {
      stride: c.dilation,
      dilation: c.stride,
      spread: c.spread,
      low: c.low,
      high: each(
        (n, k, o, i) =>
          spreadSize(k, c.dilation[i] ?? 1) -
          spreadSize(n, c.spread[i] ?? 1) -
          (c.low[i] ?? 0) +
          spreadSize(o, c.stride[i] ?? 1) -
          1,
      ),
    }
    const lead = range(rank)
    const swapped = [...lead, rank + 1, rank]
    const batchLast = [rank + 1, ...range(rank, 1), 0]
    const dx = conv(forX)(dy, transpose(swapped)(flip(lead)(w)))
    // images and channels change places: dw[cin, ...taps, cout] = x[cin, ...space, b] * dy[...space', b, cout]
    const dw = conv(forW)(transpose(batchLast)(x), transpose([...range(rank, 1), 0, rank + 1])(dy))
    return [dx, transpose([...range(rank, 1), 0, rank + 1])(dw)]
  },
  domain: {
    interval: [-2, 2],
    cases: [
      {
        attributes: { stride: [1, 1], dilation: [1, 1], spread: [1, 1], low: [1, 1], high: [1, 1] },
        shapes: [
          [2, 4, 3, 2],
          [3, 3, 2, 3],
        ],
      },
      {
        attributes: { stride: [2], dilation: [1], spread: [1], low: [1], high: [1] },
        shapes: [
          [1, 6, 2],
          [3, 2, 2],
        ],
      },
      {
        attributes: { stride: [2], dilation: [2], spread: [3], low: [0], high: [1] },
        shapes: [
          [1, 4, 1],
          [2, 1, 2],
        ],
      },
    ],
  },
})

/** The convolution of an image that is padded already. */
const slide = (x: Tensor, w: Tensor, { stride, dilation }: Pick<Conv, 'stride' | 'dilation'>): Tensor => {
  const rank = stride.length
  // taps [b, ...space, cin, ...taps]
  const taps = windows({ axes: range(rank, 1), size: w.shape.slice(0, rank), stride, dilation })(x)
  const pairs = [...range(rank).map((i) => [rank + 2 + i, i] as const), [rank + 1, rank] as const]
  return contract({ sum: pairs })(taps, w)
}

/** Where one axis of a phase reads and writes: outputs p, p + s, ... see taps j0, j0 + s, ... and no zeros between. */
interface Phase {
  readonly p: number
  readonly outputs: number
  readonly tap: number
  readonly taps: number
  /** The first element that it reads, and the one after the last. */
  readonly from: number
  readonly to: number
}

const phasesOf = (n: number, k: number, c: Conv, i: number): readonly Phase[] => {
  const [s = 1, low = 0, stride = 1, dilation = 1] = [c.spread[i], c.low[i], c.stride[i], c.dilation[i]]
  return range(s).flatMap((p) => {
    const outputs = Math.ceil((outputSize(n, k, c, i) - p) / s)
    const tap = (((low - p) % s) + s) % s
    const taps = Math.ceil((k - tap) / s)
    const from = (p + tap - low) / s
    const to = from + (outputs - 1) * stride + (taps - 1) * dilation + 1
    return outputs >= 1 && taps >= 1 ? [{ p, outputs, tap, taps, from, to }] : []
  })
}

const combinations = <T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  lists.reduce<readonly (readonly T[])[]>((all, list) => all.flatMap((head) => list.map((x) => [...head, x])), [[]])

/**
 * An image spread by s is mostly zeros: every s-th output sees every s-th tap of the kernel and a dense image. One
 * product for each phase, written to its own places of the output; without spread there is one phase.
 */
const byPhase = (x: Tensor, w: Tensor, c: Conv): Tensor => {
  const rank = c.stride.length
  const phases = axesOf(c).map((i) => phasesOf(x.shape[i + 1] ?? 1, w.shape[i] ?? 1, c, i))
  const around = (middle: readonly number[], first: number, last: number): readonly number[] => [first, ...middle, last]
  const low = phases.map((list) => Math.max(0, ...list.map((f) => -f.from)))
  const high = phases.map((list, i) => Math.max(0, ...list.map((f) => f.to - (x.shape[i + 1] ?? 1))))
  const [b = 1, cin = 1, cout = 1] = [x.shape[0], x.shape[rank + 1], w.shape[rank + 1]]
  const same = { stride: axesOf(c).map(() => 1), dilation: axesOf(c).map(() => 1), spread: axesOf(c).map(() => 1) }
  const whole = padded(x, { ...same, low, high })
  const ones = whole.shape.map(() => 1)
  const parts = combinations(phases).map((each) => {
    const image = slice({
      start: around(
        each.map((f, i) => f.from + (low[i] ?? 0)),
        0,
        0,
      ),
      step: ones,
      size: around(
        each.map((f) => f.to - f.from),
        b,
        cin,
      ),
    })(whole)
    const kernel = slice({
      start: [...each.map((f) => f.tap), 0, 0],
      step: [...each.map((_, i) => c.spread[i] ?? 1), 1, 1],
      size: [...each.map((f) => f.taps), cin, cout],
    })(w)
    return {
      start: around(
        each.map((f) => f.p),
        0,
        0,
      ),
      step: around(
        each.map((_, i) => c.spread[i] ?? 1),
        1,
        1,
      ),
      y: slide(image, kernel, c),
    }
  })
  const [only] = parts
  const shape = around(
    axesOf(c).map((i) => outputSize(x.shape[i + 1] ?? 1, w.shape[i] ?? 1, c, i)),
    b,
    cout,
  )
  if (only !== undefined && sameShape(only.y.shape, shape)) return only.y
  return place(
    shape,
    parts,
    parts.map((part) => part.y),
  )
}

/** Spreads, pads, and crops where padding is negative. */
const padded = (x: Tensor, c: Conv): Tensor => {
  const lead = (f: (i: number) => number, other: number): readonly number[] =>
    x.shape.map((_, a) => (a >= 1 && a <= c.stride.length ? f(a - 1) : other))
  const low = lead((i) => c.low[i] ?? 0, 0)
  const high = lead((i) => c.high[i] ?? 0, 0)
  const spread = lead((i) => c.spread[i] ?? 1, 1)
  const grown = x.shape.map(
    (n, a) => spreadSize(n, spread[a] ?? 1) + Math.max(0, low[a] ?? 0) + Math.max(0, high[a] ?? 0),
  )
  const plain = grown.every((n, a) => n === x.shape[a])
  const whole = plain ? x : place(grown, [{ start: low.map((n) => Math.max(0, n)), step: spread }], [x])
  return slice({
    start: low.map((n) => Math.max(0, -n)),
    step: grown.map(() => 1),
    size: grown.map((n, a) => n - Math.max(0, -(low[a] ?? 0)) - Math.max(0, -(high[a] ?? 0))),
  })(whole)
}

export const conv =
  (c: Conv) =>
  (x: Tensor, w: Tensor): Tensor =>
    convPrimitive.apply(c, [x, w])
