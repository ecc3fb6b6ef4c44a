/** Products with axes named by letters, as in einsum, and NumPy's matrix product. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { range, sizeAt } from './axes.ts'
import { contract } from './contraction.ts'
import { operation, orThrow } from './errors.ts'
import { reshape } from './reshape.ts'
import { broadcastShapes, type Shape, text } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { transpose } from './transpose.ts'

/** Axes of two operands and of their product by letters; a letter missing from the product is summed over. */
interface Letters {
  readonly a: readonly string[]
  readonly b: readonly string[]
  readonly y: readonly string[]
}

/** The product of two tensors whose axes have letters; every letter of y is in a or b. */
export const product =
  ({ a, b, y }: Letters) =>
  (x: Tensor, w: Tensor): Tensor => {
    const shared = a.filter((letter) => b.includes(letter))
    const pairs = (letters: readonly string[]): readonly (readonly [number, number])[] =>
      letters.map((letter) => [a.indexOf(letter), b.indexOf(letter)] as const)
    const [batch, summed] = [shared.filter((l) => y.includes(l)), shared.filter((l) => !y.includes(l))]
    const order = [...batch, ...a.filter((l) => !shared.includes(l)), ...b.filter((l) => !shared.includes(l))]
    return transpose(y.map((letter) => order.indexOf(letter)))(
      contract({ batch: pairs(batch), sum: pairs(summed) })(x, w),
    )
  }

/**
 * NumPy's matrix product: the last axis of a with the last but one of b, over leading axes that broadcast. A vector a is
 * a row, a vector b a column, and their axis is dropped. [b, n, k] x [k, m] -> [b, n, m]; [n, k] x [b, k, m] -> [b, n, m].
 */
export const matmul = operation('matmul', (a: Tensor, b: Tensor): Tensor => {
  const refuse = (reason: string): never => orThrow('matmul', [a, b], E.left(reason))
  if (a.shape.length === 0 || b.shape.length === 0) return refuse('a single number is no matrix, multiply with mul')
  const row = a.shape.length === 1
  const column = b.shape.length === 1
  const x = row ? reshape([1, ...a.shape])(a) : a
  const w = column ? reshape([...b.shape, 1])(b) : b
  const [k, rows] = [sizeAt(x.shape, x.shape.length - 1), sizeAt(w.shape, w.shape.length - 2)]
  if (k !== rows)
    return refuse(
      `the last axis of ${text(a.shape)} has size ${k}, ${column ? 'the axis' : 'the last axis but one'} of ${text(b.shape)} ${rows}: they must be equal`,
    )
  const [leadA, leadB] = [x.shape.slice(0, -2), w.shape.slice(0, -2)]
  const lead = pipe(
    broadcastShapes(leadA, leadB),
    E.getOrElseW(() => refuse(`the leading axes ${text(leadA)} and ${text(leadB)} do not broadcast`)),
  )
  const [p, q] = [unrepeated(leadA, leadB), unrepeated(leadB, leadA)]
  const outer = range(lead.length).map(name).toReversed()
  const y = product({
    a: [...p.letters, 'n', 'k'],
    b: [...q.letters, 'k', 'm'],
    y: [...outer.filter((l) => p.letters.includes(l) || q.letters.includes(l)), 'n', 'm'],
  })(reshape([...p.sizes, ...x.shape.slice(-2)])(x), reshape([...q.sizes, ...w.shape.slice(-2)])(w))
  const [n, m] = [x.shape.slice(-2, -1), w.shape.slice(-1)]
  return reshape([...lead, ...(row ? [] : n), ...(column ? [] : m)])(y)
})

const name = (fromRight: number): string => `lead ${fromRight}`

/** Leading axes of one operand except those of size 1 that broadcast; letters count from the right. */
const unrepeated = (lead: Shape, other: Shape) => {
  const places = range(lead.length)
  const fromRight = (i: number): number => lead.length - 1 - i
  const repeats = (i: number): boolean => fromRight(i) < other.length && other.at(-1 - fromRight(i)) !== 1
  const kept = places.filter((i) => lead[i] !== 1 || !repeats(i))
  return { letters: kept.map((i) => name(fromRight(i))), sizes: kept.map((i) => sizeAt(lead, i)) }
}
