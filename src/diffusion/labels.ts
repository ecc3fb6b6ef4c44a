/** Labels as a network takes them: one-hot rows, the last column for images without a class. */
import type { Named, Numbers } from '../plan/backend.ts'

/**
 * A point between two labels: its row has 1 - share at `from` and share at `to`. The label's token is a linear map of the
 * row, so that its token is the same mixture of theirs.
 */
export interface LabelMixture {
  readonly from: number | null
  readonly to: number | null
  /** From 0, `from` alone, to 1, `to` alone. */
  readonly share: number
}

/** What an image is conditioned on: a class, none, or a point between two of these. */
export type Label = number | null | LabelMixture

/**
 * The input `labels`, one-hot [n, classes + 1]; a null label is the last column, a mixture has two numbers that add up to 1.
 * Empty for a network without classes, which takes no labels. A label that is no class is a RangeError.
 */
export const oneHot = (labels: readonly Label[], classes: number | null): Named => {
  if (classes === null) return {}
  const width = classes + 1
  const rows = new Float64Array(labels.length * width)
  const place = (label: number | null, i: number): number => {
    if (label !== null && !(Number.isInteger(label) && label >= 0 && label < classes))
      throw new RangeError(`label ${label} of image ${i}: expected a whole number of at least 0, below ${classes}`)
    return i * width + (label ?? classes)
  }
  labels.forEach((label, i) => {
    if (label === null || typeof label === 'number') {
      rows[place(label, i)] = 1
      return
    }
    const { from, to, share } = label
    if (!(share >= 0 && share <= 1))
      throw new RangeError(`share ${share} of the label of image ${i}: expected a number from 0 to 1`)
    const [a, b] = [place(from, i), place(to, i)]
    rows[a] = a === b ? 1 : 1 - share
    if (a !== b) rows[b] = share
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
