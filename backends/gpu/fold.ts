/**
 * The loops of a reduction as statements of a kernel. A thread reduces one element's terms; it adds a long sum in blocks,
 * and blocks of blocks, so that the error grows with the logarithm of the number of terms.
 */
import { size } from '../../src/tensor/shape.ts'
import type { Fold } from '../../src/tensor/tensor.ts'
import { inline, number } from './scalar.ts'

export interface Loop {
  readonly name: string
  readonly size: number
  readonly axis: number
}

/** What is reduced. */
export interface Terms {
  readonly fold: Fold
  /** Outermost first. */
  readonly loops: readonly Loop[]
  /** Statements with their loop depth. */
  readonly within: (depth: number) => readonly string[]
  /** The value of a term, one per lane. */
  readonly values: readonly string[]
}

/** Terms per block, and the number of terms up to which a sum needs no blocks. */
const [block, longestRun] = [16, 64]

const indent = (lines: readonly string[]): readonly string[] => lines.map((l) => `  ${l}`)
const count = (name: string, times: number, body: readonly string[]): readonly string[] => [
  `for (let ${name} = 0; ${name} < ${times}; ${name}++) {`,
  ...indent(body),
  '}',
]

/** Largest block of blocks that is shorter than this many terms. */
const blockOf = (terms: number): number => {
  let length = block
  while (length * block < terms) length *= block
  return length
}

/** Statements that reduce all terms into the variables `s0, s1, ..`, one per lane. */
export const folded = ({ fold, loops, within, values }: Terms): readonly string[] => {
  const named = (sums: string): readonly string[] => values.map((_, lane) => `${sums}${lane}`)
  const joined = (sums: string, terms: readonly string[]): readonly string[] =>
    named(sums).map((s, lane) => `${s} = ${inline(fold.combine, [s, `${terms[lane]}`])}`)
  const short = !fold.rounds || size(loops.map((l) => l.size)) <= longestRun
  /** Adds to `sums` by way of separate partial sums. */
  const apart = (sums: string, own: string, add: (to: string) => readonly string[]): readonly string[] => [
    ...named(own).map((s) => `let ${s} = ${number(fold.start)}`),
    ...add(own),
    ...joined(sums, named(own)),
  ]
  /** All terms of the loops from a depth on. */
  const from = (depth: number, sums: string): readonly string[] => {
    const loop = loops[depth]
    if (loop === undefined) return joined(sums, values)
    const last = depth + 1 === loops.length
    const step = (to: string): readonly string[] => [
      ...within(depth + 1),
      ...(short || last ? from(depth + 1, to) : apart(to, `s${loop.name}x`, (own) => from(depth + 1, own))),
    ]
    /** Iterations [start, start + steps) of this loop; `path` makes names unique. */
    const steps = (start: string, length: number, to: string, path: string): readonly string[] => {
      if (short || length <= block)
        return start === '0'
          ? count(loop.name, length, step(to))
          : count(`i${path}`, length, [`const ${loop.name} = ${start} + i${path}`, ...step(to)])
      const each = blockOf(length)
      const blocks = Math.floor(length / each)
      const rest = length - blocks * each
      return [
        ...count(`b${path}`, blocks, [
          `const ${path}f = ${start} + b${path} * ${each}`,
          ...apart(to, `s${path}b`, (own) => steps(`${path}f`, each, own, `${path}b`)),
        ]),
        ...(rest === 0 ? [] : steps(`${start} + ${blocks * each}`, rest, to, `${path}r`)),
      ]
    }
    return steps('0', loop.size, sums, loop.name)
  }
  return from(0, 's')
}
