/** The loops inside a cell of a nest. */
import { at } from '../../src/tensor/axes.ts'
import { advance, type Chunk, separate } from './nestAccess.ts'
import { movedBy, type NestContext, type Pointers } from './nestContext.ts'
import { inBlocks, type Sums } from './nestFold.ts'
import { bump, get, i32, loopWhile, repeat, set } from './wat.ts'

/** The inner or the reduced loops around `inside`, with separate pointers for what they move; blocks need `sums`. */
export const loops = (
  c: NestContext,
  kind: 'inner' | 'reduced',
  from: Pointers,
  inside: (pointers: Pointers) => void,
  sums: Sums | null = null,
): void => {
  const { body, shape, fields, word } = c
  const [sizeOf, strideOf] =
    kind === 'inner' ? [fields.innerSize, fields.innerStride] : [fields.reducedSize, fields.reducedStride]
  const nested = (around: Pointers, level: number): void => {
    if (level === shape[kind]) {
      inside(around)
      return
    }
    const moved = movedBy(shape, kind, level)
    const pointers = separate(c, around, moved)
    const size = word(sizeOf(level))
    const run = (times: string): void =>
      repeat(body, times, () => {
        nested(pointers, level + 1)
        for (const j of moved) bump(body, at(pointers, j), word(strideOf(j, level)))
      })
    if (sums !== null && level === shape.blocked) inBlocks(c, sums, size, run)
    else run(size)
  }
  nested(from, 0)
}

/** Runs the vector axis in chunks of `copies` vectors, then single vectors, then elements; blocks need `sums`. */
export const vectors = (
  c: NestContext,
  from: Pointers,
  length: string,
  inside: (chunk: Chunk) => void,
  sums: Sums | null = null,
): void => {
  const { body, shape, moving } = c
  const pointers = separate(c, from, moving)
  const left = body.local('i32')
  const along = (elements: string): void => {
    body.line(set(left, elements))
    const run = (taken: number, count: number, single: boolean): void =>
      loopWhile(body, `(i32.ge_s ${get(left)} ${i32(taken)})`, () => {
        inside({ pointers, count, single })
        advance(c, pointers, taken)
        bump(body, left, i32(-taken))
      })
    if (shape.copies > 1) run(4 * shape.copies, shape.copies, false)
    run(4, 1, false)
    run(1, 1, true)
  }
  if (sums !== null && shape.blocked === shape.reduced) inBlocks(c, sums, length, along)
  else along(length)
}
