/** Labels as a network takes them: one-hot rows, the last column for images without a class. */
import type { Named } from '../plan/backend.ts'

/**
 * The input `labels`, one-hot [n, classes + 1]; a null label is the last column. Empty for a network without classes, which
 * takes no labels. A label that is no class is a RangeError.
 */
export const oneHot = (labels: readonly (number | null)[], classes: number | null): Named => {
  if (classes === null) return {}
  const width = classes + 1
  const rows = new Float64Array(labels.length * width)
  labels.forEach((label, i) => {
    if (label !== null && !(Number.isInteger(label) && label >= 0 && label < classes))
      throw new RangeError(`label ${label} of image ${i}: expected a whole number of at least 0, below ${classes}`)
    rows[i * width + (label ?? classes)] = 1
  })
  return { labels: rows }
}
