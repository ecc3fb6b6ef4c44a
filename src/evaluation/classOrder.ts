/**
 * The classes of samples in their order: any number of first ones has the classes' shares as nearly as whole pictures can,
 * so a run that is stopped, or a split of its samples, is as balanced as the whole.
 */

/**
 * The class of every sample, [count].
 * @param weights by class, at least 0 and not all 0: equal ones give 0, 1, 2, .. in turn
 */
export const classOrder = (weights: readonly number[], count: number): Uint32Array => {
  const total = weights.reduce((sum, w) => sum + w, 0)
  if (!(total > 0)) throw new RangeError('the classes have no weight: expected at least one above 0')
  const given = weights.map(() => 0)
  return Uint32Array.from({ length: count }, () => {
    // Sainte-Lague's divisors: the class whose share, halfway to its next sample, is due first
    const due = weights.map((w, c) => (w === 0 ? Number.POSITIVE_INFINITY : ((given[c] ?? Number.NaN) + 0.5) / w))
    const next = due.indexOf(due.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY))
    given[next] = (given[next] ?? Number.NaN) + 1
    return next
  })
}
