/** The pieces of a text: what a unit needs of the module around it. */
import type { Place } from './arena.ts'

/** Invocations of a workgroup: as many as every device has. */
export const lanes = 256

/**
 * The body of a function of `w`, the unit's workgroup, and `lane`, and what it needs around it. A place in the arenas is
 * written as a constant.
 */
export interface UnitCode {
  /** Workgroups. */
  readonly groups: number
  readonly body: readonly string[]
  /** Elements of `tile`, workgroup memory of vec4f. */
  readonly tile: number
  /** Whether it uses `sums`, workgroup memory of a number a lane. */
  readonly sums: boolean
}

export type PlaceOf = (buffer: number) => Place

export const indent = (lines: readonly string[]): readonly string[] => lines.map((l) => `  ${l}`)

export const block = (head: string, body: readonly string[]): readonly string[] => [`${head} {`, ...indent(body), '}']

/** The element of a buffer at an offset that a text computes. */
export const element = ({ arena }: Place, index: string): string => `a${arena}[${index}]`
