/** Loops of a kernel before they are divided into rows: each with its size and its step in every operand. */

export interface Loop {
  readonly size: number
  /** Elements that one step moves in each operand; the store, where there is one, comes first. */
  readonly steps: readonly number[]
}

/** Axes of one shape under several strided views of it. */
export const loopsOf = (shape: readonly number[], strides: readonly (readonly number[])[]): readonly Loop[] =>
  shape.map((size, i) => ({ size, steps: strides.map((s) => s[i] ?? 0) }))

/** Neighbours that every operand walks through evenly become one loop; loops of size 1 vanish. */
export const collapse = (loops: readonly Loop[]): readonly Loop[] =>
  loops
    .filter((l) => l.size !== 1)
    .reduce<readonly Loop[]>((done, inner) => {
      const outer = done.at(-1)
      return outer?.steps.every((s, i) => s === (inner.steps[i] ?? 0) * inner.size)
        ? [...done.slice(0, -1), { size: outer.size * inner.size, steps: inner.steps }]
        : [...done, inner]
    }, [])

/** Outermost first: the order in which the first operand lies in memory. Loops that it does not walk keep their place. */
export const inMemoryOrder = (loops: readonly Loop[]): readonly Loop[] =>
  [...loops].sort((a, b) => Math.abs(b.steps[0] ?? 0) - Math.abs(a.steps[0] ?? 0))

/** One loop as two, the inner of `inner` steps (a divisor of its size). */
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

/** Elements that one row should hold: enough to amortise its start, few enough to share out and to stay in L1. */
const rowSize = 2048

/**
 * Divides loops into parallel rows (outside) and the work of one row (inside); `folded` elements are reduced for each
 * kept one. Depends on shapes alone.
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
    // a prime length is not worth dividing into single steps when they are small
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

/** The outermost loops with `extent` steps together, and what is left inside; null where no loop divides there. */
export const leading = (
  loops: readonly Loop[],
  extent: number,
): { readonly outer: readonly Loop[]; readonly inner: readonly Loop[] } | null => {
  const outer: Loop[] = []
  let room = extent
  for (const [i, l] of loops.entries()) {
    if (room === 1) return { outer, inner: loops.slice(i) }
    if (room % l.size === 0) {
      outer.push(l)
      room /= l.size
    } else if (l.size % room === 0) {
      const [first, second] = divide(l, l.size / room)
      return first === undefined || second === undefined
        ? null
        : { outer: [...outer, first], inner: [second, ...loops.slice(i + 1)] }
    } else return null
  }
  return room === 1 ? { outer, inner: [] } : null
}
