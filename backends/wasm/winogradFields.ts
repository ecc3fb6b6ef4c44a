/**
 * The layout of a convolution's descriptor, and the loop over blocks that uses it: `winogradPlan.ts` writes it, the shared
 * code of convolutions and of their weight gradients reads it.
 */
import { transformName } from './transformCode.ts'
import { add, type Body, bump, div, get, i32, load, loopWhile, mul, rem, repeat, set } from './wat.ts'
import type { TransformName } from './winogradMatrices.ts'

/** Words of a descriptor, in their order. */
export const winogradFields = [
  'a',
  'b',
  'c',
  'cin',
  'cout',
  /** Strips (rows of blocks) per image, blocks per strip, strips computed together. */
  'strips',
  'across',
  'together',
  /** Bytes from image to image, strip to strip, block to block, row to row, pixel to pixel. */
  'imageA',
  'stripA',
  'blockA',
  'rowA',
  'pixelA',
  'imageC',
  'stripC',
  'blockC',
  'rowC',
  'pixelC',
  /** Region rows that `times` strips make up. */
  'rows',
  'times',
  /** Panels of the kernel: their number, records, runs of k, stride of k in bytes. */
  'panels',
  'panelTable',
  'run',
  'runEnd',
  'stepPack',
  /** Offsets of the packed operands in the pack area. */
  'packed',
  'pitchU',
  'pitchV',
  'pitchM',
  /** Tables of rows of V and M (or D), the run of the products. */
  'rowsV',
  'rowsM',
  'product',
  /** The gradient's sum over blocks is split: the number of pieces, blocks per piece, the run of the last. */
  'parts',
  'part',
  'productLast',
  /** The gradient's W and D after V; its result: bytes from row to row of taps, tap to tap, channel to channel. */
  'startW',
  'startD',
  'pitchW',
  'pitchD',
  'tapRow',
  'tap',
  'channel',
] as const
export type WinogradField = (typeof winogradFields)[number]

/** Reads a word of the descriptor at `$d`. */
export const word = (name: WinogradField): string => load(get('$d'), 4 * winogradFields.indexOf(name))
/** Calls a transform. */
export const apply = (name: TransformName, ...args: readonly string[]): string =>
  `(call ${transformName(name)} ${args.join(' ')})`

export type PackArea = { readonly packArea: number }
/** The address of the kernel's part of the pack area. */
export const packed = ({ packArea }: PackArea): string => add(load(i32(packArea)), word('packed'))

/** Runs `write` for every block of strips [from, to), with pointers to its position in x and in y (or dy). */
export const eachBlock = (body: Body, from: string, to: string, write: (x: string, y: string) => void): void => {
  const [strip, image, x, y] = body.locals('i32', 4)
  body.line(set(strip, from))
  loopWhile(body, `(i32.lt_s ${get(strip)} ${to})`, () => {
    body.line(set(image, div(get(strip), word('strips'))))
    const within = body.let('i32', rem(get(strip), word('strips')))
    body.line(set(x, add(mul(get(image), word('imageA')), mul(within, word('stripA')))))
    body.line(set(y, add(mul(get(image), word('imageC')), mul(within, word('stripC')))))
    repeat(body, word('across'), () => {
      write(get(x), get(y))
      bump(body, x, word('blockA'))
      bump(body, y, word('blockC'))
    })
    bump(body, strip, i32(1))
  })
}
