/**
 * Lifetimes -> byte offsets: every buffer gets a place in one arena so that buffers which live at the same time never
 * overlap. Large buffers are placed first, each into the tightest gap that is free for its whole life.
 */
import type { Plan } from '../../src/plan/plan.ts'

export interface Layout {
  /** Byte address of every buffer. */
  readonly addresses: readonly number[]
  /** First byte after the arena. */
  readonly end: number
}

/** Bytes that a core's second-level cache is taken to hold, on any machine: sizes of blocks follow from it. */
export const secondLevel = 2 ** 20

export const align = (bytes: number, to = 64): number => Math.ceil(bytes / to) * to

/** At least so many bytes, an odd number of cache lines: what lies such a step apart does not share places of a cache. */
export const oddLines = (bytes: number): number => {
  const lines = align(bytes) / 64
  return 64 * (lines % 2 === 0 ? lines + 1 : lines)
}

/** First and last region of every buffer; what comes from outside lives through every run. */
export const lives = (plan: Plan): readonly (readonly [first: number, last: number])[] => {
  const kept = new Set([...plan.inputs, ...plan.constants].map((p) => p.buffer))
  const handed = new Set(plan.outputs.map((p) => p.buffer))
  const end = Math.max(0, plan.regions.length - 1)
  return plan.buffers.map((_, i) => {
    const life = plan.lifetimes[i] ?? null
    return kept.has(i) || life === null ? [0, end] : handed.has(i) ? [life[0], end] : life
  })
}

export const layOut = (plan: Plan, start: number): Layout => {
  const life = lives(plan)
  const addresses: number[] = plan.buffers.map(() => start)
  /** In the order in which they lie. */
  const placed: { readonly from: number; readonly to: number; readonly first: number; readonly last: number }[] = []
  const order = plan.buffers
    .map((b, i) => ({ bytes: align(4 * b.size), i }))
    .sort((x, y) => y.bytes - x.bytes || x.i - y.i)
  let end = start
  for (const { bytes, i } of order) {
    const [first, last] = life[i] ?? [0, 0]
    let at = start
    let best = { gap: Number.POSITIVE_INFINITY, at: -1 }
    for (const p of placed) {
      if (p.first > last || first > p.last) continue
      const gap = p.from - at
      if (gap >= bytes && gap < best.gap) best = { gap, at }
      at = Math.max(at, p.to)
    }
    const from = best.at < 0 ? at : best.at
    addresses[i] = from
    const behind = placed.findIndex((p) => p.from > from)
    placed.splice(behind < 0 ? placed.length : behind, 0, { from, to: from + bytes, first, last })
    end = Math.max(end, from + bytes)
  }
  return { addresses, end }
}
