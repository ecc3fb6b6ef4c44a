/**
 * Convolutions as contractions over windows: padding, windows and a contraction, no kernel of their own. Closed under
 * differentiation: both gradients of a convolution are convolutions.
 */
import * as E from 'fp-ts/lib/Either.js'
import { at, range, sizeAt } from './axes.ts'
import { dense } from './box.ts'
import { contract } from './contraction.ts'
import { configured } from './errors.ts'
import { full } from './leaf.ts'
import { primitive, type Two, two } from './primitive.ts'
import { sameShape, text } from './shape.ts'
import { place, slice } from './slice.ts'
import type { Tensor } from './tensor.ts'
import { flip, transpose } from './transpose.ts'
import { windows } from './windows.ts'

/**
 * Per spatial axis: y[i] = sum over j of x'[i * stride + j * dilation] w[j], where x' is x with lhsDilation - 1 zeros
 * between its elements, padded low and high (cropped where they are negative).
 */
export type Conv = {
  readonly stride: readonly number[]
  /** Kernel dilation. */
  readonly dilation: readonly number[]
  /** Input dilation: 2 gives a transposed convolution of stride 2. */
  readonly lhsDilation: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** A convolution along one spatial axis: n elements, k taps. */
interface Along {
  readonly n: number
  readonly k: number
  readonly stride: number
  readonly dilation: number
  readonly lhsDilation: number
  readonly low: number
  readonly high: number
}

const along = ([x, w]: Two, c: Conv): readonly Along[] =>
  c.stride.map((stride, i) => ({
    n: sizeAt(x.shape, i + 1),
    k: sizeAt(w.shape, i),
    stride,
    dilation: at(c.dilation, i),
    lhsDilation: at(c.lhsDilation, i),
    low: at(c.low, i),
    high: at(c.high, i),
  }))

/** n elements with steps of `by` between them. */
const dilated = (n: number, by: number): number => (n - 1) * by + 1

const outputSize = (a: Along): number =>
  Math.floor((dilated(a.n, a.lhsDilation) + a.low + a.high - dilated(a.k, a.dilation)) / a.stride) + 1

const checked = ([x, w]: Two, c: Conv): string | null => {
  const rank = c.stride.length
  if ([c.dilation, c.lhsDilation, c.low, c.high].some((list) => list.length !== rank))
    return `stride, dilation, lhsDilation, low and high need ${rank} numbers each, one per spatial axis`
  if (![...c.stride, ...c.dilation, ...c.lhsDilation].every((n) => Number.isSafeInteger(n) && n >= 1))
    return 'stride, dilation and lhsDilation must be whole numbers of at least 1'
  if (![...c.low, ...c.high].every(Number.isSafeInteger)) return 'padding must be whole numbers'
  if (x.shape.length !== rank + 2 || w.shape.length !== rank + 2)
    return `expected x [b, ${rank} spatial axes, cin] and w [${rank} taps, cin, cout]`
  const [channels, takes] = [x.shape[rank + 1], w.shape[rank]]
  return channels === takes ? null : `x has ${channels} channels but w takes ${takes}`
}

/**
 * x [b, ...space, cin] * w [...taps, cin, cout] -> [b, ...space', cout]: cross-correlation, as every framework has it.
 */
export const convPrimitive = primitive<Two, Conv>({
  name: 'conv',
  takes: two,
  shape: (inputs, c) => {
    const wrong = checked(inputs, c)
    if (wrong !== null) return E.left(wrong)
    const [x, w] = inputs
    const space = along(inputs, c).map(outputSize)
    return space.every((n) => n >= 1)
      ? E.right([sizeAt(x.shape, 0), ...space, sizeAt(w.shape, c.stride.length + 1)])
      : E.left(`a kernel of ${text(w.shape.slice(0, c.stride.length))} taps is larger than the padded image`)
  },
  lower: ([x, w], c) => {
    const mixed = along([x, w], c).some((a) => a.lhsDilation !== 1 && (a.stride !== 1 || a.dilation !== 1))
    return { kind: 'expand', into: mixed ? slide(padded(x, along([x, w], c)), w, c) : byPhase(x, w, c) }
  },
  vjp: ({ x: [x, w], attributes: c, y, dy }) => {
    const axes = along([x, w], c)
    const [rank, lead] = [axes.length, range(axes.length)]
    const spanY = (i: number): number => dilated(sizeAt(y.shape, i + 1), at(axes, i).stride)
    const spanX = ({ n, lhsDilation }: Along): number => dilated(n, lhsDilation)
    const spanW = ({ k, dilation }: Along): number => dilated(k, dilation)
    const lowX = axes.map((a) => spanW(a) - 1 - a.low)
    const forX: Conv = {
      stride: c.lhsDilation,
      dilation: c.dilation,
      lhsDilation: c.stride,
      low: lowX,
      high: axes.map((a, i) => spanX(a) - spanY(i) - at(lowX, i) + spanW(a) - 1),
    }
    const forW: Conv = {
      stride: c.dilation,
      dilation: c.stride,
      lhsDilation: c.lhsDilation,
      low: c.low,
      high: axes.map((a, i) => spanW(a) - spanX(a) - a.low + spanY(i) - 1),
    }
    const dx = conv(forX)(dy, transpose([...lead, rank + 1, rank])(flip(lead)(w)))
    // batch and channels are swapped: dw[cin, ...taps, cout] = x[cin, ...space, b] * dy[...space', b, cout]
    const channelsFirst = transpose([rank + 1, ...range(rank, 1), 0])(x)
    const tapsFirst = [...range(rank, 1), 0, rank + 1]
    const dw = conv(forW)(channelsFirst, transpose(tapsFirst)(dy))
    return [dx, transpose(tapsFirst)(dw)]
  },
  domain: {
    interval: [-2, 2],
    cases: [
      {
        attributes: { stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1], low: [1, 1], high: [1, 1] },
        shapes: [
          [2, 4, 3, 2],
          [3, 3, 2, 3],
        ],
      },
      {
        attributes: { stride: [2], dilation: [1], lhsDilation: [1], low: [1], high: [1] },
        shapes: [
          [1, 6, 2],
          [3, 2, 2],
        ],
      },
      {
        attributes: { stride: [2], dilation: [2], lhsDilation: [3], low: [0], high: [1] },
        shapes: [
          [1, 4, 1],
          [2, 1, 2],
        ],
      },
    ],
  },
})

/** The convolution of a padded image. */
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

const phasesOf = (a: Along): readonly Phase[] =>
  range(a.lhsDilation).flatMap((p) => {
    const s = a.lhsDilation
    const outputs = Math.ceil((outputSize(a) - p) / s)
    const tap = (((a.low - p) % s) + s) % s
    const taps = Math.ceil((a.k - tap) / s)
    const from = (p + tap - a.low) / s
    const to = from + (outputs - 1) * a.stride + (taps - 1) * a.dilation + 1
    return outputs >= 1 && taps >= 1 ? [{ p, outputs, tap, taps, from, to }] : []
  })

const combinations = <T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  lists.reduce<readonly (readonly T[])[]>((all, list) => all.flatMap((head) => list.map((x) => [...head, x])), [[]])

/**
 * An image dilated by s is mostly zeros: every s-th output sees every s-th tap of the kernel and a dense image. One
 * contraction per phase, each written to its own positions of the output; without dilation there is one phase.
 */
const byPhase = (x: Tensor, w: Tensor, c: Conv): Tensor => {
  const axes = along([x, w], c)
  const rank = axes.length
  const phases = axes.map(phasesOf)
  const low = phases.map((list) => Math.max(0, ...list.map((f) => -f.from)))
  const high = phases.map((list, i) => Math.max(0, ...list.map((f) => f.to - at(axes, i).n)))
  const [b, cin, cout] = [sizeAt(x.shape, 0), sizeAt(x.shape, rank + 1), sizeAt(w.shape, rank + 1)]
  const whole = padded(
    x,
    axes.map((a, i) => ({ ...a, lhsDilation: 1, low: at(low, i), high: at(high, i) })),
  )
  const parts = combinations(phases).map((each) => {
    const imageBox = dense(
      [0, ...each.map((f, i) => f.from + at(low, i)), 0],
      [b, ...each.map((f) => f.to - f.from), cin],
    )
    const kernel = slice({
      start: [...each.map((f) => f.tap), 0, 0],
      step: [...c.lhsDilation, 1, 1],
      size: [...each.map((f) => f.taps), cin, cout],
    })(w)
    return {
      start: [0, ...each.map((f) => f.p), 0],
      step: [1, ...c.lhsDilation, 1],
      y: slide(slice(imageBox)(whole), kernel, c),
    }
  })
  const shape = [b, ...axes.map(outputSize), cout]
  const [only] = parts
  if (only === undefined) return full(0, shape)
  if (sameShape(only.y.shape, shape)) return only.y
  return place(
    shape,
    parts,
    parts.map((part) => part.y),
  )
}

/** Dilates, pads, and crops where padding is negative. */
const padded = (x: Tensor, axes: readonly Along[]): Tensor => {
  const around = (f: (a: Along) => number, other: number): readonly number[] => [other, ...axes.map(f), other]
  const low = around((a) => a.low, 0)
  const high = around((a) => a.high, 0)
  const step = around((a) => a.lhsDilation, 1)
  const grown = x.shape.map((n, i) => dilated(n, at(step, i)) + Math.max(0, at(low, i)) + Math.max(0, at(high, i)))
  const start = low.map((n) => Math.max(0, n))
  const whole = sameShape(grown, x.shape) ? x : place(grown, [{ start, step }], [x])
  const cropped = grown.map((n, i) => n - Math.max(0, -at(low, i)) - Math.max(0, -at(high, i)))
  return slice(
    dense(
      low.map((n) => Math.max(0, -n)),
      cropped,
    ),
  )(whole)
}

/** x [b, ...space, cin] with w [...taps, cin, cout], over any number of spatial axes. */
export const conv = configured(
  'conv',
  (c: Conv) =>
    (x: Tensor, w: Tensor): Tensor =>
      convPrimitive.apply(c, [x, w]),
)
