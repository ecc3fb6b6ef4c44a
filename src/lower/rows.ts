/** How loops divide into parallel rows, outside, and the work of one row, inside. */
import type { Loop } from '../plan/loop.ts'

/** One loop as two, the inner of `inner` iterations (a divisor of its size). */
const divide = (l: Loop, inner: number): readonly Loop[] =>
  inner === l.size
    ? [l]
    : [
        { size: l.size / inner, steps: l.steps.map((s) => s * inner) },
        { size: inner, steps: l.steps },
      ]

const largestDivisor = (n: number, most: number): number => {
  for (let d = Math.min(n, most); d > 1; d--) if (n % d === 0) return d
  return 1
}

/** Elements that one row should hold: 8 KiB of float32, a quarter of an L1 cache of 32 KiB. Not measured. */
const rowSize = 2048

/**
 * Divides loops into parallel rows (outside) and the work of one row (inside); `folded` elements are reduced for each
 * kept one. Depends on shapes only.
 */
export const rowsOf = (
  loops: readonly Loop[],
  folded: number,
): { readonly outer: readonly Loop[]; readonly kept: readonly Loop[] } => {
  let room = Math.max(1, Math.floor(rowSize / folded))
  const kept: Loop[] = []
  const outer: Loop[] = []
  for (const l of loops.toReversed()) {
    if (outer.length > 0 || room <= 1) {
      outer.unshift(l)
      continue
    }
    const inner = l.size <= room ? l.size : largestDivisor(l.size, room)
    // a prime length divides into single iterations only; not worthwhile below an eighth of a row
    const small = inner * folded < 256 && l.size <= 4 * rowSize
    const [first, second] = divide(l, small ? l.size : inner)
    if (second === undefined) {
      if (first !== undefined) kept.unshift(first)
      room = Math.floor(room / l.size)
    } else {
      kept.unshift(second)
      if (first !== undefined) outer.unshift(first)
    }
  }
  return { outer, kept }
}
