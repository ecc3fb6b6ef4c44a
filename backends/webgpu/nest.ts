/**
 * A nest as WGSL. Results are numbered through all rows, and a workgroup computes a run of them, `at once` of them side by
 * side; several lanes share one result if many terms are folded, each a part of them, and combine their parts in a tree, so
 * that the order of terms follows from the shape.
 */
import type { Nest, Operand } from '../../src/plan/kernel.ts'
import { collapse, inMemoryOrder, type Loop, loopsOf } from '../../src/plan/loop.ts'
import { at } from '../../src/tensor/axes.ts'
import { size } from '../../src/tensor/shape.ts'
import { number, statements } from './expression.ts'
import { digitsOf, sumOf } from './indexing.ts'
import { block, element, lanes, type PlaceOf } from './text.ts'

/** How a unit divides the results of a nest. */
export interface Division {
  /** Results of all rows. */
  readonly results: number
  /** Results of one workgroup: whole rows, where a unit has several kernels. */
  readonly span: number
  /** Lanes that share one result, a power of two. */
  readonly sharing: number
}

/** Loops of the stored axes, rows outermost, and of the folded ones; the store's steps come first. */
interface Loops {
  readonly rows: readonly Loop[]
  readonly kept: readonly Loop[]
  readonly folded: readonly Loop[]
}

const steps = (l: Loop): readonly number[] => l.steps

/** Whether rows keep their numbers: not if a kernel stands alone, which then runs through memory. */
const loopsOfNest = (nest: Nest, alone: boolean): Loops => {
  const all = [nest.store, ...nest.loads]
  const [outer, stored] = [nest.outer.length, nest.outer.length + nest.kept.length]
  const part = (sizes: readonly number[], from: number): readonly Loop[] =>
    loopsOf(
      sizes,
      all.map((o) => o.strides.slice(from, from + sizes.length)),
    )
  const rows = part(nest.outer, 0)
  const kept = part(nest.kept, outer)
  const folded = collapse(
    loopsOf(nest.reduced, [nest.reduced.map(() => 0), ...nest.loads.map((o) => o.strides.slice(stored))]),
    steps,
  )
  return alone
    ? { rows: [], kept: collapse(inMemoryOrder([...rows, ...kept]), steps), folded }
    : { rows, kept: collapse(inMemoryOrder(kept), steps), folded }
}

/** Terms that one lane adds before its own sum is large enough to round them away. */
const termsInARow = 64

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, least)))

/** Lanes that keep a device busy. */
const manyLanes = 2 ** 15

const divisionOf = (nest: Nest, rowsOfUnit: number | null, rowsAGroup: number): Division => {
  const results = size([...nest.outer, ...nest.kept])
  const terms = size(nest.reduced)
  const most = Math.min(lanes, powerOfTwo(terms / 4))
  const forTerms = powerOfTwo(terms / termsInARow)
  const span = rowsOfUnit === null ? 0 : (results / rowsOfUnit) * rowsAGroup
  const idle = rowsOfUnit === null ? manyLanes / results : lanes / span
  const sharing = nest.fold === null ? 1 : Math.max(1, Math.min(most, Math.max(forTerms, powerOfTwo(idle / 2))))
  return { results, sharing, span: rowsOfUnit === null ? lanes / sharing : span }
}

const addressOf = (o: Operand, place: PlaceOf, terms: readonly (readonly [string, number])[]): string => {
  const { arena, offset } = place(o.buffer)
  return element({ arena, offset }, sumOf(offset + o.offset, terms))
}

const terms = (names: readonly string[], loops: readonly Loop[], operand: number) =>
  loops.map((l, i): readonly [string, number] => [at(names, i), at(l.steps, operand)])

/** Loads and expression of one term, at indices that are known; loads that stand still in a fold are left out of it. */
const termOf = (nest: Nest, place: PlaceOf, { rows, kept, folded }: Loops) => {
  const stored = [...rows, ...kept]
  const moves = (i: number): boolean => folded.some((l) => at(l.steps, i + 1) !== 0)
  const load = (i: number, names: readonly string[], inner: readonly string[]): string =>
    `let x${i} = ${addressOf(at(nest.loads, i), place, [...terms(names, stored, i + 1), ...terms(inner, folded, i + 1)])};`
  const those = (moving: boolean): readonly number[] => nest.loads.flatMap((_, i) => (moves(i) === moving ? [i] : []))
  const operands = nest.loads.map((_, i) => `x${i}`)
  return {
    still: (names: readonly string[]) =>
      those(false).map((i) =>
        load(
          i,
          names,
          folded.map(() => '0u'),
        ),
      ),
    moving: (names: readonly string[], inner: readonly string[]) => those(true).map((i) => load(i, names, inner)),
    expression: statements(nest.expression, operands),
  }
}

/** `s = combine(s, value)`, in names of its own. */
const combined = (nest: Nest, into: string, a: string, b: string): readonly string[] => {
  if (nest.fold === null) throw new Error(`webgpu: ${nest.name} folds nothing`)
  const { lines, value } = statements(nest.fold.combine, [a, b], 'f')
  return block('', [...lines, `${into} = ${value};`])
}

/** The sum of a lane's terms: term `part`, and every `sharing`-th behind it, in blocks if they are many. */
const ownTerms = (
  nest: Nest,
  code: ReturnType<typeof termOf>,
  names: readonly string[],
  folded: readonly Loop[],
  sharing: number,
) => {
  const all = size(folded.map((l) => l.size))
  const each = Math.ceil(all / sharing)
  const rows = each <= termsInARow ? each : Math.ceil(Math.sqrt(each))
  const start = number(nest.fold?.start ?? Number.NaN)
  const even = all === each * sharing
  const term = (into: string): readonly string[] => {
    const { lines, names: digits } = digitsOf(
      'r',
      folded.map((l) => l.size),
      'r',
    )
    const work = [
      ...lines,
      ...code.moving(names, digits),
      ...code.expression.lines,
      ...combined(nest, into, into, code.expression.value),
    ]
    return [
      sharing === 1 ? 'let r = i;' : `let r = i * ${sharing}u + part;`,
      ...(even ? work : block(`if (r < ${all}u)`, work)),
    ]
  }
  if (rows === each) return [`var s = ${start};`, ...block(`for (var i = 0u; i < ${each}u; i++)`, term('s'))]
  return [
    `var s = ${start};`,
    ...block(`for (var b = 0u; b < ${each}u; b += ${rows}u)`, [
      `var t = ${start};`,
      ...block(`for (var i = b; i < min(b + ${rows}u, ${each}u); i++)`, term('t')),
      ...combined(nest, 's', 's', 't'),
    ]),
  ]
}

/** Parts of lanes `step` apart become one. */
const tree = (nest: Nest, sharing: number, step: number): readonly string[] => [
  'sums[lane] = s;',
  'workgroupBarrier();',
  ...block(`for (var half = ${sharing / 2}u; half > 0u; half /= 2u)`, [
    ...block('if (part < half)', [
      'let x = sums[lane];',
      `let y = sums[lane + half${step === 1 ? '' : ` * ${step}u`}];`,
      ...combined(nest, 'sums[lane]', 'x', 'y'),
    ]),
    'workgroupBarrier();',
  ]),
]

export interface NestCode {
  readonly groups: number
  readonly body: readonly string[]
  readonly sums: boolean
}

/**
 * @param rows of the unit that it shares with others; null if it stands alone
 * @param rowsAGroup rows of one workgroup
 */
export const nestCode = (nest: Nest, place: PlaceOf, rows: number | null, rowsAGroup: number): NestCode => {
  const loops = loopsOfNest(nest, rows === null)
  const { results, span, sharing } = divisionOf(nest, rows, rowsAGroup)
  const atOnce = lanes / sharing
  const stored = [...loops.rows, ...loops.kept]
  const { lines: digits, names } = digitsOf(
    'e',
    stored.map((l) => l.size),
    'd',
  )
  const code = termOf(nest, place, loops)
  const store = (value: string): string => `${addressOf(nest.store, place, terms(names, stored, 0))} = ${value};`
  /** Lanes that share a result are neighbours if the terms are neighbours in memory. */
  const contiguous = loops.folded.some((l) => l.steps.slice(1).some((s) => Math.abs(s) === 1))
  const own = contiguous
    ? [`let part = lane % ${sharing}u;`, `let place = lane / ${sharing}u;`]
    : [`let part = lane / ${atOnce}u;`, `let place = lane % ${atOnce}u;`]
  const first = results % span === 0 ? `${span}u` : `min(${span}u, ${results}u - w * ${span}u)`
  const compute = [...digits, ...code.still(names)]
  const work =
    nest.fold === null
      ? [...compute, ...code.moving(names, []), ...code.expression.lines, store(code.expression.value)]
      : sharing === 1
        ? [...compute, ...ownTerms(nest, code, names, loops.folded, 1), store('s')]
        : []
  const loop = (body: readonly string[]): readonly string[] =>
    span <= atOnce ? ['let i0 = 0u;', ...body] : block(`for (var i0 = 0u; i0 < ${span}u; i0 += ${atOnce}u)`, body)
  const body =
    sharing === 1
      ? loop([`let q = i0 + lane;`, ...block(`if (q < ${first})`, [`let e = w * ${span}u + q;`, ...work])])
      : loop([
          ...own,
          'let q = i0 + place;',
          `let e = min(w * ${span}u + q, ${results - 1}u);`,
          ...compute,
          ...ownTerms(nest, code, names, loops.folded, sharing),
          ...tree(nest, sharing, contiguous ? 1 : atOnce),
          ...block(`if (part == 0u && q < ${first})`, [store('sums[lane]')]),
          ...(span <= atOnce ? [] : ['workgroupBarrier();']),
        ])
  return { groups: Math.ceil(results / span), body, sums: sharing > 1 }
}
