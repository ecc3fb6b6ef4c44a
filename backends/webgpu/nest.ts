/**
 * A nest as WGSL. Results are numbered through all rows, and a workgroup computes a run of them, `atOnce` of them side by
 * side; several lanes share one result if many terms are folded, each a part of them, and combine their parts in a tree, so
 * that the order of terms follows from the shape.
 */
import type { Nest, Operand } from '../../src/plan/kernel.ts'
import { collapse, inMemoryOrder, type Loop, loopsOf } from '../../src/plan/loop.ts'
import { at } from '../../src/tensor/axes.ts'
import { size } from '../../src/tensor/shape.ts'
import type { Fold } from '../../src/tensor/tensor.ts'
import { number, statements } from './expression.ts'
import { digitsOf, sumOf } from './indexing.ts'
import { block, element, lanes, type PlaceOf } from './text.ts'
import type { RowGroups } from './units.ts'

/** Loops of the stored axes, rows of the unit outermost, and of the folded ones; the store's steps come first. */
interface Loops {
  readonly stored: readonly Loop[]
  readonly folded: readonly Loop[]
}

const stepsOf = (l: Loop): readonly number[] => l.steps
const sizesOf = (loops: readonly Loop[]): readonly number[] => loops.map((l) => l.size)

/** Whether rows keep their numbers: not if a kernel stands alone, which then runs through memory. */
const loopsOfNest = ({ outer, kept, reduced, store, loads }: Nest, alone: boolean): Loops => {
  const all = [store, ...loads].map((o) => o.strides)
  const stored = loopsOf([...outer, ...kept], all)
  const rows = alone ? [] : stored.slice(0, outer.length)
  const others = collapse(inMemoryOrder(stored.slice(rows.length)), stepsOf)
  const folded = loopsOf(reduced, [reduced.map(() => 0), ...loads.map((o) => o.strides.slice(stored.length))])
  return { stored: [...rows, ...others], folded: collapse(folded, stepsOf) }
}

/** Terms that one lane adds before its own sum is large enough to round them away. */
const termsInARow = 64

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, least)))

/** Lanes that keep a device busy. */
const manyLanes = 2 ** 15

/** Lanes that share one result, a power of two, where there are so many for each. */
const sharingOf = ({ fold, reduced }: Nest, lanesAResult: number): number => {
  if (fold === null) return 1
  const terms = size(reduced)
  const most = Math.min(lanes, powerOfTwo(terms / 4))
  return Math.min(most, Math.max(powerOfTwo(terms / termsInARow), powerOfTwo(lanesAResult / 2)))
}

/** All results, those of one workgroup (whole rows, where a unit has several kernels), and the lanes that share one. */
const spreadOf = (nest: Nest, groups: RowGroups | null) => {
  const results = size([...nest.outer, ...nest.kept])
  if (groups === null) {
    const sharing = sharingOf(nest, manyLanes / results)
    return { results, span: lanes / sharing, sharing }
  }
  const span = (results / groups.rows) * groups.each
  return { results, span, sharing: sharingOf(nest, lanes / span) }
}

const termsOf = (names: readonly string[], loops: readonly Loop[], operand: number) =>
  loops.map((l, i): readonly [string, number] => [at(names, i), at(l.steps, operand)])

const addressOf = (o: Operand, place: PlaceOf, terms: readonly (readonly [string, number])[]): string => {
  const { arena, offset } = place(o.buffer)
  return element({ arena, offset }, sumOf(offset + o.offset, terms))
}

/** The expression of a term, its loads, and those that are the same for all terms of a result. */
interface Term {
  readonly still: readonly string[]
  readonly moving: (digits: readonly string[]) => readonly string[]
  readonly lines: readonly string[]
  readonly value: string
}

/** @param names of the digits of a result */
const termOf = (
  { loads, expression }: Nest,
  place: PlaceOf,
  { stored, folded }: Loops,
  names: readonly string[],
): Term => {
  const moves = (i: number): boolean => folded.some((l) => at(l.steps, i + 1) !== 0)
  const load = (i: number, digits: readonly string[] | null): string => {
    const terms = digits === null ? [] : termsOf(digits, folded, i + 1)
    return `let x${i} = ${addressOf(at(loads, i), place, [...termsOf(names, stored, i + 1), ...terms])};`
  }
  return {
    still: loads.flatMap((_, i) => (moves(i) ? [] : [load(i, null)])),
    moving: (digits) => loads.flatMap((_, i) => (moves(i) ? [load(i, digits)] : [])),
    ...statements(
      expression,
      loads.map((_, i) => `x${i}`),
    ),
  }
}

/** `into = combine(a, b)`, in names of its own. */
const combined = ({ combine }: Fold, into: string, a: string, b: string): readonly string[] => {
  const { lines, value } = statements(combine, [a, b], 'f')
  return block('', [...lines, `${into} = ${value};`])
}

/** The sum of a lane's terms: term `part`, and every `sharing`-th behind it, in blocks if they are many. */
const ownTerms = (fold: Fold, term: Term, folded: readonly Loop[], sharing: number): readonly string[] => {
  const all = size(sizesOf(folded))
  const each = Math.ceil(all / sharing)
  const { lines, names } = digitsOf('r', sizesOf(folded), 'r')
  const add = (into: string): readonly string[] => {
    const work = [...lines, ...term.moving(names), ...term.lines, ...combined(fold, into, into, term.value)]
    return [
      sharing === 1 ? 'let r = i;' : `let r = i * ${sharing}u + part;`,
      ...(all === each * sharing ? work : block(`if (r < ${all}u)`, work)),
    ]
  }
  const start = number(fold.start)
  if (each <= termsInARow) return [`var s = ${start};`, ...block(`for (var i = 0u; i < ${each}u; i++)`, add('s'))]
  const inARow = Math.ceil(Math.sqrt(each))
  return [
    `var s = ${start};`,
    ...block(`for (var b = 0u; b < ${each}u; b += ${inARow}u)`, [
      `var t = ${start};`,
      ...block(`for (var i = b; i < min(b + ${inARow}u, ${each}u); i++)`, add('t')),
      ...combined(fold, 's', 's', 't'),
    ]),
  ]
}

/** Parts of lanes `step` apart become one. */
const tree = (fold: Fold, sharing: number, step: number): readonly string[] => [
  'sums[lane] = s;',
  'workgroupBarrier();',
  ...block(`for (var half = ${sharing / 2}u; half > 0u; half /= 2u)`, [
    ...block('if (part < half)', [
      'let x = sums[lane];',
      `let y = sums[lane + half${step === 1 ? '' : ` * ${step}u`}];`,
      ...combined(fold, 'sums[lane]', 'x', 'y'),
    ]),
    'workgroupBarrier();',
  ]),
]

export interface NestCode {
  readonly groups: number
  readonly body: readonly string[]
  readonly sums: boolean
}

/** @param groups of the rows that it shares with other kernels; null if it stands alone */
export const nestCode = (nest: Nest, place: PlaceOf, groups: RowGroups | null): NestCode => {
  const { fold } = nest
  const { stored, folded } = loopsOfNest(nest, groups === null)
  const { results, span, sharing } = spreadOf(nest, groups)
  const { lines: digits, names } = digitsOf('e', sizesOf(stored), 'd')
  const term = termOf(nest, place, { stored, folded }, names)
  const store = (value: string): string => `${addressOf(nest.store, place, termsOf(names, stored, 0))} = ${value};`
  const atOnce = lanes / sharing
  const count = results % span === 0 ? `${span}u` : `min(${span}u, ${results}u - w * ${span}u)`
  /** A result for each lane. */
  const apart = (): readonly string[] => {
    const value =
      fold === null ? [...term.lines, store(term.value)] : [...ownTerms(fold, term, folded, sharing), store('s')]
    const work = [`let e = w * ${span}u + q;`, ...digits, ...term.still, ...value]
    return ['let q = i0 + lane;', ...block(`if (q < ${count})`, work)]
  }
  /** Lanes that share a result are neighbours if the terms are neighbours in memory. */
  const together = (fold: Fold): readonly string[] => {
    const contiguous = folded.some((l) => l.steps.slice(1).some((s) => Math.abs(s) === 1))
    const [part, own] = contiguous
      ? [`lane % ${sharing}u`, `lane / ${sharing}u`]
      : [`lane / ${atOnce}u`, `lane % ${atOnce}u`]
    return [
      `let part = ${part};`,
      `let place = ${own};`,
      'let q = i0 + place;',
      `let e = min(w * ${span}u + q, ${results - 1}u);`,
      ...digits,
      ...term.still,
      ...ownTerms(fold, term, folded, sharing),
      ...tree(fold, sharing, contiguous ? 1 : atOnce),
      ...block(`if (part == 0u && q < ${count})`, [store('sums[lane]')]),
      ...(span <= atOnce ? [] : ['workgroupBarrier();']),
    ]
  }
  const work = fold === null || sharing === 1 ? apart() : together(fold)
  return {
    groups: Math.ceil(results / span),
    body:
      span <= atOnce ? ['let i0 = 0u;', ...work] : block(`for (var i0 = 0u; i0 < ${span}u; i0 += ${atOnce}u)`, work),
    sums: sharing > 1,
  }
}
