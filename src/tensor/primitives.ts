/** The closed table of everything that can stand in a graph; the laws run over every row. */
import {
  geluPrimitive,
  groupNormalisePrimitive,
  normalisePrimitive,
  siluPrimitive,
  softmaxPrimitive,
} from './composite.ts'
import { contractPrimitive } from './contraction.ts'
import { convPrimitive } from './convolution.ts'
import { elementwisePrimitives } from './elementwise.ts'
import {
  broadcastPrimitive,
  flipPrimitive,
  placePrimitive,
  reshapePrimitive,
  slicePrimitive,
  transposePrimitive,
} from './movement.ts'
import type { Domain } from './primitive.ts'
import { reduceMaxPrimitive, sumPrimitive } from './reduction.ts'
import type { Shape } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { windowsPrimitive } from './windows.ts'

export interface Row {
  readonly name: string
  readonly domain: Pick<Domain<unknown>, 'interval' | 'kinks'>
  readonly cases: readonly { readonly shapes: readonly Shape[]; readonly f: (...inputs: readonly Tensor[]) => Tensor }[]
}

export const primitives: readonly Row[] = [
  ...Object.values(elementwisePrimitives),
  sumPrimitive,
  reduceMaxPrimitive,
  broadcastPrimitive,
  reshapePrimitive,
  transposePrimitive,
  flipPrimitive,
  slicePrimitive,
  placePrimitive,
  windowsPrimitive,
  contractPrimitive,
  convPrimitive,
  softmaxPrimitive,
  normalisePrimitive,
  groupNormalisePrimitive,
  siluPrimitive,
  geluPrimitive,
]
