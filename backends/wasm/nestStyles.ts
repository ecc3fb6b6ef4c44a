/** What a nest computes along its vector axis, one function a style. */
import { at } from '../../src/tensor/axes.ts'
import type { Fold } from '../../src/tensor/tensor.ts'
import { write } from './expression.ts'
import { type Chunk, put, read } from './nestAccess.ts'
import type { NestContext, Pointers } from './nestContext.ts'
import { head } from './nestFields.ts'
import { accumulate, accumulates, sumsOf, total } from './nestFold.ts'
import { loops, vectors } from './nestLoops.ts'
import { get } from './wat.ts'

/** One element, from which the loops begin. */
const first = (pointers: Pointers): Chunk => ({ pointers, count: 1, single: true })

/** Values of the loop-invariant steps. */
const invariants = (c: NestContext, from: Pointers): readonly string[] => {
  const values: string[] = []
  write(c.body, c.madd, c.steps, true, [values], read(c, first(from)))
  return values
}

const copiesOf = (values: readonly string[], count: number): string[][] =>
  Array.from({ length: count }, () => [...values])

/** No reduction. */
const mapped = (c: NestContext, from: Pointers, length: string): void => {
  const { body, madd, steps, root } = c
  const hoisted = invariants(c, from)
  vectors(c, from, length, (chunk) => {
    const values = copiesOf(hoisted, chunk.count)
    write(body, madd, steps, false, values, read(c, chunk))
    values.forEach((value, copy) => {
      put(c, chunk, copy, at(value, root))
    })
  })
}

/** Kept elements along the vector axis, each reduced alone. */
const kept = (c: NestContext, fold: Fold, from: Pointers, length: string): void => {
  const { body, madd, steps } = c
  vectors(c, from, length, (chunk) => {
    const hoisted = copiesOf([], chunk.count)
    write(body, madd, steps, true, hoisted, read(c, chunk))
    const sums = sumsOf(c, fold, chunk.count)
    const term = (pointers: Pointers): void => {
      const values = hoisted.map((known) => [...known])
      write(body, madd, steps, false, values, read(c, { ...chunk, pointers }), accumulates(c))
      sums.ofBlock.forEach((sum, copy) => {
        accumulate(c, sums, sum, at(values, copy))
      })
    }
    loops(c, 'reduced', chunk.pointers, term, sums)
    sums.ofAll.forEach((sum, copy) => {
      put(c, chunk, copy, get(sum))
    })
  })
}

/** Terms of one reduction along the vector axis. */
const reduced = (c: NestContext, fold: Fold, from: Pointers): void => {
  const { body, madd, steps, shape, known } = c
  const hoisted = invariants(c, from)
  // the last sum is of elements that do not fill a vector
  const sums = sumsOf(c, fold, shape.copies + 1)
  const terms = (chunk: Chunk): void => {
    const values = copiesOf(hoisted, chunk.count)
    write(body, madd, steps, false, values, read(c, chunk), accumulates(c))
    values.forEach((value, copy) => {
      accumulate(c, sums, at(sums.ofBlock, chunk.single ? shape.copies : copy), value)
    })
  }
  loops(c, 'reduced', from, (pointers) => vectors(c, pointers, known(head.length), terms, sums), sums)
  const whole = sums.ofAll.slice(0, shape.copies).map(get)
  put(c, first(from), 0, total(c, fold, whole, get(at(sums.ofAll, shape.copies))))
}

/** The innermost loops of a cell; `length` elements of the vector axis, of which a reduction takes all. */
export const compute = (c: NestContext, from: Pointers, length: string): void => {
  const { style, fold } = c.shape
  if (fold === null) mapped(c, from, length)
  else if (style === 'kept') kept(c, fold, from, length)
  else reduced(c, fold, from)
}
