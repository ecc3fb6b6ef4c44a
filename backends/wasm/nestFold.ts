/** The accumulators of a reduced nest: vectors in locals, added term by term, in blocks or into one element. */
import { at } from '../../src/tensor/axes.ts'
import type { Fold } from '../../src/tensor/tensor.ts'
import { combined } from './expression.ts'
import type { NestContext } from './nestContext.ts'
import { head } from './nestFields.ts'
import { bump, get, loopWhile, min, set } from './wat.ts'

/** Partial results of a block, and of all blocks; without blocks they are the same. */
export interface Sums {
  readonly fold: Fold
  readonly ofBlock: readonly string[]
  readonly ofAll: readonly string[]
}

const join = ({ body, madd }: NestContext, { combine }: Fold, a: string, b: string): string =>
  combined(body, madd, combine, [a, b])

const clear = ({ body }: NestContext, { start }: Fold, sums: readonly string[]): void => {
  for (const sum of sums) body.line(set(sum, body.splat(start)))
}

/** New accumulators; those of all blocks are cleared. */
export const sumsOf = (c: NestContext, fold: Fold, count: number): Sums => {
  const ofAll = c.body.locals('v128', count)
  clear(c, fold, ofAll)
  return { fold, ofAll, ofBlock: c.shape.blocked === null ? ofAll : c.body.locals('v128', count) }
}

/** Adds the value to a sum; the product of `factors` is not a value of its own. */
export const accumulate = (c: NestContext, { fold }: Sums, sum: string, values: readonly string[]): void => {
  const { body, madd, factors, root } = c
  const value =
    factors === null
      ? join(c, fold, get(sum), at(values, root))
      : madd(at(values, factors[0]), at(values, factors[1]), get(sum))
  body.line(set(sum, value))
}

/** Whether a step is left to `accumulate`. */
export const accumulates =
  ({ factors, root }: NestContext) =>
  (step: number): boolean =>
    factors !== null && step === root

/** Runs a loop in blocks, each with separate sums, which are added to the total. */
export const inBlocks = (c: NestContext, sums: Sums, size: string, run: (steps: string) => void): void => {
  const { body, known } = c
  const [left, taken] = body.locals('i32', 2)
  body.line(set(left, size))
  loopWhile(body, get(left), () => {
    body.line(set(taken, min(get(left), known(head.block))))
    clear(c, sums.fold, sums.ofBlock)
    run(get(taken))
    sums.ofAll.forEach((all, i) => {
      body.line(set(all, join(c, sums.fold, get(all), get(at(sums.ofBlock, i)))))
    })
    bump(body, left, `(i32.sub (i32.const 0) ${get(taken)})`)
  })
}

/** Combines vectors into one element in a fixed order; of `tail` only the first lane counts. */
export const total = (c: NestContext, fold: Fold, vectors: readonly string[], tail: string): string => {
  const joined = (a: string, b: string): string => c.body.let('v128', join(c, fold, a, b))
  const halves = (xs: readonly string[]): string => {
    if (xs.length === 1) return at(xs, 0)
    const half = xs.length / 2
    return joined(halves(xs.slice(0, half)), halves(xs.slice(half)))
  }
  const four = halves(vectors)
  const two = joined(four, `(i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 ${four} ${four})`)
  const one = joined(two, `(i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 ${two} ${two})`)
  return joined(one, tail)
}
