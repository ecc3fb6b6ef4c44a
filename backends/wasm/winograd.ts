/**
 * Recognises contracts that are 3 x 3 convolutions of stride 1, or the weight gradient of one, and runs them as Winograd
 * F(4x4, 3x3): a quarter of the multiplications. Decided by shapes and strides alone; the code is in `winogradCode.ts`.
 *
 * Not IEEE arithmetic: the pixels of a block are mixed, so a NaN, an infinity or a huge number in one of them reaches
 * outputs that do not depend on it. `exact` disables it (`program.ts`).
 */
import type { Axis, Contract } from '../../src/plan/kernel.ts'
import { size } from '../../src/tensor/shape.ts'
import { type ContractAxis, merged, sorted } from './contractLoops.ts'
import { secondLevel } from './memory.ts'
import { block, points, taps } from './winogradMatrices.ts'

/**
 * The layout of an image in a buffer: bytes from image to image, row to row, pixel to pixel; channels are contiguous.
 */
export interface Image {
  readonly image: number
  readonly row: number
  readonly pixel: number
}

interface Shape {
  readonly images: number
  readonly height: number
  readonly width: number
  readonly cin: number
  readonly cout: number
  /** The padded input. */
  readonly a: Image
}

/** y [b, h, w, cout] = x [b, h + 2, w + 2, cin] * kernel [3, 3, cin, cout], with layouts given by the loops. */
export interface ConvShape extends Shape {
  readonly kind: 'conv'
  readonly c: Image
  readonly n: ContractAxis
  /** Tap rows, tap columns, channels. */
  readonly k: readonly ContractAxis[]
}

/** dkernel [3, 3, cin, cout] = sum over images and pixels of x [b, h + 2, w + 2, cin] dy [b, h, w, cout]. */
export interface GradientShape extends Shape {
  readonly kind: 'gradient'
  readonly b: Image
  /** The kernel's gradient: bytes from row to row of taps, tap to tap, channel to channel of the input. */
  readonly kernel: { readonly row: number; readonly tap: number; readonly channel: number }
}

const loops = (axes: readonly Axis[], role: Axis['role'], by: 'a' | 'c'): readonly ContractAxis[] =>
  merged(
    sorted(
      axes.filter((x) => x.role === role),
      by,
    ),
  )

/** Tap rows, tap columns and channels, where columns and channels may have been merged into one loop. */
const kernelLoops = (list: readonly ContractAxis[]): readonly ContractAxis[] | null => {
  const [row, second, third] = list
  if (row?.size !== taps || second === undefined || list.length > 3) return null
  if (third !== undefined) return second.size === taps && third.a === 1 ? list : null
  const n = second.size / taps
  if (second.a !== 1 || !Number.isInteger(n)) return null
  return [row, { size: taps, a: n, b: second.b * n, c: second.c * n }, { ...second, size: n }]
}

const place = (l: readonly ContractAxis[], of: 'a' | 'b' | 'c'): Image => {
  const [image, row, pixel] = l.length === 3 ? l : [undefined, ...l]
  return { image: 4 * (image?.[of] ?? 0), row: 4 * (row?.[of] ?? 0), pixel: 4 * (pixel?.[of] ?? 0) }
}

/** Minimum channels for which the transforms pay off. */
const fewest = 16

const shapeOf = (
  pixels: readonly ContractAxis[],
  kernel: readonly ContractAxis[],
  n: readonly ContractAxis[],
  width: number,
): Shape | null => {
  const [row, column, channel] = kernel
  const [x, y] = [pixels.at(-1), pixels.at(-2)]
  const [cout] = n
  if (row === undefined || column === undefined || channel === undefined || x === undefined || y === undefined)
    return null
  const fits =
    (pixels.length === 2 || pixels.length === 3) &&
    n.length === 1 &&
    cout !== undefined &&
    row.a === y.a &&
    column.a === x.a &&
    cout.c === 1 &&
    x.size % block === 0 &&
    y.size % block === 0 &&
    channel.size % 8 === 0 &&
    cout.size % width === 0 &&
    Math.min(channel.size, cout.size) >= fewest
  return fits
    ? {
        images: size(pixels.slice(0, -2).map((l) => l.size)),
        height: y.size,
        width: x.size,
        cin: channel.size,
        cout: cout.size,
        a: place(pixels, 'a'),
      }
    : null
}

/** `width`: columns of a panel. */
export const winogradShape = (x: Contract, width: number): ConvShape | GradientShape | null => {
  if (x.axes.some((l) => l.role === 'batch' && l.size > 1)) return null
  const [m, n, k] = [loops(x.axes, 'm', 'a'), loops(x.axes, 'n', 'c'), loops(x.axes, 'k', 'a')]
  const [column] = n
  if (column === undefined) return null
  const ofK = kernelLoops(k)
  const conv = ofK === null ? null : shapeOf(m, ofK, n, width)
  if (ofK !== null && conv !== null) return { ...conv, kind: 'conv', c: place(m, 'c'), n: column, k: ofK }
  const ofM = kernelLoops(m)
  const gradient = ofM === null ? null : shapeOf(k, ofM, n, width)
  const [row, tap, channel] = ofM ?? []
  if (gradient === null || row === undefined || tap === undefined || channel === undefined || column.b !== 1)
    return null
  const kernel = { row: 4 * row.c, tap: 4 * tap.c, channel: 4 * channel.c }
  return { ...gradient, kind: 'gradient', b: place(k, 'b'), kernel }
}

/** Rows of blocks in all images, blocks per row. */
export const strips = (s: Shape): number => (s.images * s.height) / block
export const acrossOf = (s: Shape): number => s.width / block

/** Bytes of transformed input that a thread holds at a time. */
const held = (5 / 8) * secondLevel

/** Strips computed together: whole groups of rows for the microkernel where possible. */
export const stripsTogether = (s: Shape): number => {
  const across = acrossOf(s)
  const most = Math.max(1, Math.min(Math.ceil(strips(s) / 8), Math.floor(held / (4 * points * s.cin * across))))
  const whole = Array.from({ length: most }, (_, i) => most - i).find((n) => (n * across) % 6 === 0)
  return whole !== undefined && whole * 2 > most ? whole : most
}
