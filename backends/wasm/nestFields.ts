/** The layout of a nest's descriptor, in words: `nest.ts` writes it, the code of the nests reads it. */
import type { NestShape } from './nest.ts'

/** The first words, the same in every descriptor: of the vector axis, except the last. */
export const head = {
  /** Cells that share one row of the vector axis, and elements of each. */
  pieces: 0,
  piece: 1,
  length: 2,
  /** Iterations per block of a sum; of the vector axis, elements. */
  block: 3,
} as const
const headWords = 4

export interface NestFields {
  readonly outerSize: (loop: number) => number
  readonly innerSize: (loop: number) => number
  readonly reducedSize: (loop: number) => number
  /** Address of an operand; its strides are in bytes. */
  readonly base: (operand: number) => number
  readonly outerStride: (operand: number, loop: number) => number
  readonly innerStride: (operand: number, loop: number) => number
  readonly reducedStride: (operand: number, loop: number) => number
  readonly vectorStride: (operand: number) => number
}

/** The position of each word, in the order of `NestPlan.words`. */
export const fieldsOf = ({ outer, inner, reduced }: NestShape): NestFields => {
  const loops = outer + inner + reduced
  const operand = (j: number): number => headWords + loops + j * (loops + 2)
  return {
    outerSize: (i) => headWords + i,
    innerSize: (i) => headWords + outer + i,
    reducedSize: (i) => headWords + outer + inner + i,
    base: operand,
    outerStride: (j, i) => operand(j) + 1 + i,
    innerStride: (j, i) => operand(j) + 1 + outer + i,
    reducedStride: (j, i) => operand(j) + 1 + outer + inner + i,
    vectorStride: (j) => operand(j) + 1 + loops,
  }
}
