/** Loads and stores of a nest: a vector or one element of an operand, however the vector axis moves it. */
import { at } from '../../src/tensor/axes.ts'
import type { NestContext, Pointers } from './nestContext.ts'
import { add, bump, get, i32, mul, set } from './wat.ts'

/** Elements of the vector axis that are computed at once: `count` vectors, or one element in the first lane. */
export interface Chunk {
  readonly pointers: Pointers
  readonly count: number
  readonly single: boolean
}

/** Bytes of an operand that the vector axis moves, over a number of elements. */
const bytes = ({ shape, strides }: NestContext, operand: number, elements: number): string =>
  at(shape.operands, operand).step === 'next' ? i32(4 * elements) : mul(at(strides, operand), i32(elements))

/** Address of one lane of an operand that is not contiguous. */
const laneAddress = (c: NestContext, pointer: string, operand: number, copy: number, lane: number): string => {
  const start = copy === 0 ? pointer : add(pointer, bytes(c, operand, 4 * copy))
  return lane === 0 ? start : add(start, at(at(c.lanes, operand), lane))
}

/** Loads an operand for a vector of the chunk. */
export const read =
  (c: NestContext, { pointers, single }: Chunk) =>
  (copy: number, operand: number): string => {
    const p = get(at(pointers, operand))
    const { step } = at(c.shape.operands, operand)
    if (single || step === 'still') return `(v128.load32_splat ${p})`
    if (step === 'next') return `(v128.load offset=${16 * copy} align=4 ${p})`
    return [1, 2, 3].reduce(
      (v, lane) => `(v128.load32_lane align=4 ${lane} ${laneAddress(c, p, operand, copy, lane)} ${v})`,
      `(v128.load32_zero ${laneAddress(c, p, operand, copy, 0)})`,
    )
  }

/** Stores the value of a vector of the chunk. */
export const put = (c: NestContext, { pointers, single }: Chunk, copy: number, value: string): void => {
  const { body, shape, store } = c
  const p = get(at(pointers, store))
  const { step } = at(shape.operands, store)
  if (single || step === 'still') body.line(`(v128.store32_lane align=4 0 ${p} ${value})`)
  else if (step === 'next') body.line(`(v128.store offset=${16 * copy} align=4 ${p} ${value})`)
  else
    for (const lane of [0, 1, 2, 3])
      body.line(`(v128.store32_lane align=4 ${lane} ${laneAddress(c, p, store, copy, lane)} ${value})`)
}

/** Separate pointers for the operands that a loop moves. */
export const separate = ({ body }: NestContext, pointers: Pointers, moved: readonly number[]): Pointers =>
  pointers.map((p, j) => {
    if (!moved.includes(j)) return p
    const own = body.local('i32')
    body.line(set(own, get(p)))
    return own
  })

/** Moves pointers along the vector axis. */
export const advance = (c: NestContext, pointers: Pointers, elements: number): void => {
  for (const j of c.moving) bump(c.body, at(pointers, j), bytes(c, j, elements))
}
