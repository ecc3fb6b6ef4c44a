/**
 * WebAssembly text of a nest's structure: one function `(descriptor, first cell, end cell, scratch)` that any nest of
 * the same structure calls with its own numbers. Independent of plans and regions.
 */
import { at, range } from '../../src/tensor/axes.ts'
import type { Madd } from './math.ts'
import type { NestShape } from './nest.ts'
import { movedBy, type NestContext, nestContext } from './nestContext.ts'
import { head } from './nestFields.ts'
import { loops } from './nestLoops.ts'
import { compute } from './nestStyles.ts'
import { bump, div, func, get, i32, loopWhile, min, mul, rem, set, sub } from './wat.ts'

/** Reads the words that every cell needs, before the loop over cells. */
const readWords = ({ shape, fields, known }: NestContext): void => {
  shape.operands.forEach(({ outer }, j) => {
    for (const i of range(shape.outer)) if (at(outer, i)) known(fields.outerStride(j, i))
  })
  for (const i of range(shape.outer).slice(1)) known(fields.outerSize(i))
  for (const j of shape.operands.keys()) known(fields.base(j))
  known(head.length)
  if (shape.blocked !== null) known(head.block)
  if (shape.split) [head.pieces, head.piece].forEach(known)
}

/** Points at the operands of a cell; the result is the length of its part of the vector axis. */
const locate = ({ body, shape, fields, known, moving, strides, pointers }: NestContext, cell: string): string => {
  const [left, index, length] = body.locals('i32', 3)
  body.line(set(left, cell))
  pointers.forEach((pointer, j) => {
    body.line(set(pointer, known(fields.base(j))))
  })
  body.line(set(length, known(head.length)))
  if (shape.split) {
    body.line(set(index, mul(rem(get(left), known(head.pieces)), known(head.piece))))
    body.line(set(left, div(get(left), known(head.pieces))))
    for (const j of moving) bump(body, at(pointers, j), mul(get(index), at(strides, j)))
    body.line(set(length, min(known(head.piece), sub(known(head.length), get(index)))))
  }
  for (const i of range(shape.outer).toReversed()) {
    body.line(set(index, i > 0 ? rem(get(left), known(fields.outerSize(i))) : get(left)))
    if (i > 0) body.line(set(left, div(get(left), known(fields.outerSize(i)))))
    for (const j of movedBy(shape, 'outer', i))
      bump(body, at(pointers, j), mul(get(index), known(fields.outerStride(j, i))))
  }
  return get(length)
}

export const nestFunction = (name: string, shape: NestShape, madd: Madd): string =>
  func(name, ['$d', '$r0', '$r1', '$s'], (body) => {
    const context = nestContext(body, shape, madd)
    readWords(context)
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      const length = locate(context, get('$r0'))
      loops(context, 'inner', context.pointers, (from) => compute(context, from, length))
      bump(body, '$r0', i32(1))
    })
  })
