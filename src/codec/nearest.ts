/** The known name closest to a mistyped one. */
import { element } from './element.ts'

/** Levenshtein distance: insertions, deletions and substitutions from a to b. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          element(row, j) + 1,
          element(next, j - 1) + 1,
          element(row, j - 1) + (a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0 : 1),
        ),
      )
    row = next
  }
  return element(row, b.length)
}

/** Null if every known name differs in more than half of its characters. */
export const nearest = (name: string, known: readonly string[]): string | null => {
  const half = (k: string): number => Math.max(name.length, k.length) / 2
  const [best] = known
    // the distance is at least the difference in length; checked first, since a name from a file may be very long
    .filter((k) => Math.abs(name.length - k.length) <= half(k))
    .map((k) => ({ k, d: distance(name, k) }))
    .filter(({ k, d }) => d <= half(k))
    .sort((a, b) => a.d - b.d)
  return best?.k ?? null
}

/** "did you mean X?", or the list of known names. */
export const suggestion = (name: string, known: readonly string[]): string => {
  const near = nearest(name, known)
  return near === null ? `expected one of ${known.join(', ')}` : `did you mean "${near}"?`
}
