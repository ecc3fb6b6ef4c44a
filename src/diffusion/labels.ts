/** Labels as a network takes them: one-hot rows, the last column for images without a class. */
import type { Named, Numbers } from '../plan/backend.ts'

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

/**
 * The input `augment` [n, width], labels of augmentation; undefined is an image that was not augmented, zeros. Empty for a
 * network without that input. A label of another size is a RangeError.
 */
export const augmentRows = (labels: readonly (Numbers | undefined)[], width: number | undefined): Named => {
  if (width === undefined) return {}
  const rows = new Float64Array(labels.length * width)
  labels.forEach((label, i) => {
    if (label === undefined) return
    if (label.length !== width)
      throw new RangeError(`the label of augmentation of image ${i} has ${label.length} numbers: expected ${width}`)
    rows.set(label, i * width)
  })
  return { augment: rows }
}
