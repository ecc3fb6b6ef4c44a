/** Everything of this package that can stand in a graph, found in the modules that declare it; the laws run over it. */

import * as argmax from './argmax.ts'
import * as arithmetic from './arithmetic.ts'
import * as broadcast from './broadcast.ts'
import * as clip from './clip.ts'
import * as composite from './composite.ts'
import * as contraction from './contraction.ts'
import * as convolution from './convolution.ts'
import * as einsum from './einsum.ts'
import * as erf from './erf.ts'
import * as exponential from './exponential.ts'
import * as gather from './gather.ts'
import * as label from './label.ts'
import * as logSumExp from './logSumExp.ts'
import * as pad from './pad.ts'
import * as pool from './pool.ts'
import * as power from './power.ts'
import type { Row } from './primitive.ts'
import * as prod from './prod.ts'
import * as reduction from './reduction.ts'
import * as reshape from './reshape.ts'
import * as slice from './slice.ts'
import * as stack from './stack.ts'
import * as transpose from './transpose.ts'
import * as trigonometry from './trigonometry.ts'
import * as variance from './variance.ts'
import * as windows from './windows.ts'

const isRow = (x: unknown): x is Row => typeof x === 'object' && x !== null && 'domain' in x && 'cases' in x

/** The rows that a module exports: primitives, as such or inside the function that they are, and functions with laws. */
export const primitivesOf = (module: Readonly<Record<string, unknown>>): readonly Row[] =>
  Object.values(module).flatMap((x) => {
    if (typeof x !== 'function') return isRow(x) ? [x] : []
    const inside = 'primitive' in x ? x.primitive : 'laws' in x ? x.laws : null
    return isRow(inside) ? [inside] : []
  })

export const primitives: readonly Row[] = [
  arithmetic,
  exponential,
  power,
  trigonometry,
  erf,
  clip,
  broadcast,
  reduction,
  reshape,
  transpose,
  slice,
  windows,
  contraction,
  convolution,
  composite,
  logSumExp,
  prod,
  variance,
  argmax,
  gather,
  pad,
  pool,
  stack,
  einsum,
  label,
].flatMap(primitivesOf)
