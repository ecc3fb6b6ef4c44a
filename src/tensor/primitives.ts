/** All primitives of this package, found in the modules that declare them; the laws run over them. */
import * as arithmetic from './arithmetic.ts'
import * as broadcast from './broadcast.ts'
import * as composite from './composite.ts'
import * as contraction from './contraction.ts'
import * as convolution from './convolution.ts'
import * as exponential from './exponential.ts'
import type { Row } from './primitive.ts'
import * as reduction from './reduction.ts'
import * as reshape from './reshape.ts'
import * as slice from './slice.ts'
import * as transpose from './transpose.ts'
import * as windows from './windows.ts'

const isRow = (x: unknown): x is Row =>
  typeof x === 'object' && x !== null && 'domain' in x && 'cases' in x && 'apply' in x

/** The primitives that a module exports, as such or as functions. */
export const primitivesOf = (module: Readonly<Record<string, unknown>>): readonly Row[] =>
  Object.values(module).flatMap((x) => {
    if (isRow(x)) return [x]
    return typeof x === 'function' && 'primitive' in x && isRow(x.primitive) ? [x.primitive] : []
  })

export const primitives: readonly Row[] = [
  arithmetic,
  exponential,
  broadcast,
  reduction,
  reshape,
  transpose,
  slice,
  windows,
  contraction,
  convolution,
  composite,
].flatMap(primitivesOf)
