/**
 * Lifetimes -> byte offsets: every buffer gets a place in one arena so that buffers which live at the same time never
 * overlap. Large buffers are placed first, each into the tightest gap that is free for its whole life.
 */
import type { Plan } from '../../src/plan/plan.ts'
import { at } from '../../src/tensor/axes.ts'
import { type Allocation, bestFit, type Life, take } from '../bestFit.ts'

export interface Layout {
  /** Byte address of every buffer. */
  readonly addresses: readonly number[]
  /** End address of the arena. */
  readonly end: number
}

/** The assumed L2 cache size of a core, in bytes, on any machine: block sizes derive from it. */
export const secondLevel = 2 ** 20

export const align = (bytes: number, to = 64): number => Math.ceil(bytes / to) * to

/** Rounds up to an odd number of cache lines: elements this far apart do not map to the same cache sets. */
export const oddLines = (bytes: number): number => {
  const lines = align(bytes) / 64
  return 64 * (lines % 2 === 0 ? lines + 1 : lines)
}

/** First and last region of every buffer; external ones are live throughout. */
export const lives = (plan: Plan): readonly Life[] => {
  const kept = new Set([...plan.inputs, ...plan.constants].map((p) => p.buffer))
  const handed = new Set(plan.outputs.map((p) => p.buffer))
  const end = Math.max(0, plan.regions.length - 1)
  return plan.buffers.map((_, i) => {
    const life = plan.lifetimes[i] ?? null
    if (kept.has(i) || life === null) return { first: 0, last: end }
    return { first: life[0], last: handed.has(i) ? end : life[1] }
  })
}

export const layOut = (plan: Plan, start: number): Layout => {
  const all = lives(plan)
  const addresses: number[] = plan.buffers.map(() => start)
  const taken: Allocation[] = []
  const order = plan.buffers
    .map((b, i) => ({ bytes: align(4 * b.size), i }))
    .sort((x, y) => y.bytes - x.bytes || x.i - y.i)
  let end = start
  for (const { bytes, i } of order) {
    const life = at(all, i)
    const from = bestFit(taken, life, bytes, start)
    addresses[i] = from
    take(taken, { ...life, from, to: from + bytes })
    end = Math.max(end, from + bytes)
  }
  return { addresses, end }
}
