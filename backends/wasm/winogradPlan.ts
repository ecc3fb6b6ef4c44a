/** Descriptors of Winograd's convolutions: the numbers that `winogradCode.ts` reads, and what runs before what. */
import type { Contract } from '../../src/plan/kernel.ts'
import { align, oddLines } from './memory.ts'
import { type Packing, packingCode } from './pack.ts'
import type { Pass, Place, Prepared } from './prepared.ts'
import { acrossOf, type ConvShape, type GradientShape, type Image, strips, stripsTogether } from './winograd.ts'
import { type WinogradField, winogradFields } from './winogradFields.ts'
import { block, points, taps } from './winogradMatrices.ts'

type Words = Readonly<Partial<Record<WinogradField, number>>>

const imageWords = (name: 'A' | 'C', { image, row, pixel }: Image): Words => ({
  [`image${name}`]: image,
  [`strip${name}`]: block * row,
  [`block${name}`]: block * pixel,
  [`row${name}`]: row,
  [`pixel${name}`]: pixel,
})

/** Rows that lie `bytes` apart. */
const rowTable = (place: Place, count: number, bytes: number): number =>
  place(`even|${count}|${bytes}`, () => Array.from({ length: count }, (_, i) => i * bytes))
const product = (place: Place, k: number): number => place(`product|${k}`, () => [0, 0, k])

/** Multiply-accumulates that the transforms of one number are worth. */
const transformWork = 40

type Address = (operand: { readonly buffer: number; readonly offset: number }) => number

const common = (x: Contract, s: ConvShape | GradientShape, address: Address): Words => ({
  a: address(x.a),
  b: address(x.b),
  c: address(x.c),
  cin: s.cin,
  cout: s.cout,
  strips: s.height / block,
  across: acrossOf(s),
  ...imageWords('A', s.a),
})

const wordsOf =
  (values: Words) =>
  (packed: number): readonly number[] =>
    winogradFields.map((name) => (name === 'packed' ? packed : (values[name] ?? 0)))

/** `extent`: rows of the region, null where the contract has it for itself. */
export const planConv = (
  x: Contract,
  s: ConvShape,
  address: Address,
  extent: number | null,
  width: number,
  place: Place,
): Prepared | null => {
  const all = strips(s)
  if (extent !== null && extent % all !== 0 && all % extent !== 0) return null
  // strips follow one another image by image, and so must the region's rows, which lie as the result does
  if (extent !== null && s.images > 1 && Math.abs(s.c.image) < s.height * Math.abs(s.c.row)) return null
  const together = stripsTogether(s)
  const blocks = together * acrossOf(s)
  const panels = s.cout / width
  const [row, column, channel] = s.k
  if (row === undefined || column === undefined || channel === undefined) return null
  const packing: Packing = s.n.b === 1 ? 'copy' : channel.b === 1 ? 'transpose' : 'gather'
  const runs = Array.from({ length: taps * taps }, (_, t) => [
    4 * (Math.floor(t / taps) * row.b + (t % taps) * column.b),
    s.cin,
  ]).flat()
  const run = place(`winograd|${runs.join()}`, () => runs)
  const panelTable = place(`winogradPanels|${width}|${panels}|${packing}|${s.n.b}`, () =>
    Array.from({ length: panels }, (_, j) => {
      const columns = Array.from({ length: width }, (_, i) => j * width + i)
      return [1, packingCode[packing], width, ...columns.map((i) => 4 * i * s.n.b), ...columns.map((i) => 4 * i)]
    }).flat(),
  )
  const [pitchU, pitchV, pitchM] = [
    oddLines(4 * s.cin * width),
    oddLines(4 * s.cin * blocks),
    oddLines(4 * width * blocks),
  ]
  const words = wordsOf({
    ...common(x, s, address),
    ...imageWords('C', s.c),
    together,
    rows: extent ?? all,
    times: all,
    panels,
    panelTable,
    run,
    runEnd: run + 4 * runs.length,
    stepPack: 4 * channel.b,
    pitchU,
    pitchV,
    pitchM,
    rowsV: rowTable(place, blocks, 4 * s.cin),
    rowsM: rowTable(place, blocks, 4 * width),
    product: product(place, s.cin),
  })
  const before: Pass = { fn: '$winogradKernel', extent: panels, work: s.cin * width * transformWork }
  const rowsOfStrip = extent === null ? 1 : extent / all
  return {
    fn: '$winograd',
    words,
    walks: ['rows'],
    extent: all,
    work: acrossOf(s) * (points * s.cin * s.cout + 16 * transformWork * (s.cin + s.cout)),
    must: Math.max(1, rowsOfStrip),
    unit: rowsOfStrip >= 1 ? rowsOfStrip * together : 1,
    firm: true,
    before: [before],
    packBytes: panels * points * pitchU,
    scratch: align(Math.max(points * (pitchV + pitchM), 4 * taps * taps * s.cin * width)),
  }
}

/** Blocks whose products are summed at a time: their rows of V and W stay in a first-level cache. */
const summed = 64

/** Bytes that the transformed operands of a gradient may take. */
const mostBytes = 2 ** 28

export const planGradient = (
  x: Contract,
  s: GradientShape,
  address: Address,
  width: number,
  place: Place,
): Prepared | null => {
  const all = strips(s)
  const blocks = all * acrossOf(s)
  const [pitchV, pitchW] = [oddLines(4 * s.cin * blocks), oddLines(4 * s.cout * blocks)]
  const parts = Math.ceil(blocks / summed)
  const part = Math.ceil(blocks / parts)
  const pitchD = oddLines(4 * s.cin * s.cout)
  const packBytes = points * (pitchV + pitchW + pitchD)
  if (packBytes > mostBytes) return null
  const words = wordsOf({
    ...common(x, s, address),
    ...imageWords('C', s.b),
    panels: s.cout / width,
    pitchV,
    pitchW,
    pitchD,
    startW: points * pitchV,
    startD: points * (pitchV + pitchW),
    rowsV: rowTable(place, s.cin, 4),
    rowsM: rowTable(place, s.cin, 4 * s.cout),
    product: product(place, part),
    productLast: product(place, blocks - (parts - 1) * part),
    parts,
    part,
    tapRow: s.kernel.row,
    tap: s.kernel.tap,
    channel: s.kernel.channel,
  })
  const gather: Pass = {
    fn: '$winogradGather',
    extent: all,
    work: acrossOf(s) * 16 * transformWork * (s.cin + s.cout),
  }
  const multiply: Pass = { fn: '$winogradMultiply', extent: points, work: blocks * s.cin * s.cout }
  return {
    fn: '$winogradScatter',
    words,
    walks: ['columns'],
    extent: s.cin,
    work: s.cout * transformWork,
    must: 1,
    unit: 1,
    firm: false,
    before: [gather, multiply],
    packBytes,
    scratch: 0,
  }
}
