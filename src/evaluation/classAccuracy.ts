/**
 * How often a classifier names the class that a picture was made for, in all and by class. What it can show is bounded by the
 * classifier: its accuracy on held-out real pictures belongs beside it.
 */
import { element } from '../codec/element.ts'

/** Counts by class, [classes]. */
export interface ClassCounts {
  readonly right: Float64Array
  readonly all: Float64Array
}

/** The counts of no pictures. */
export const noCounts = (classes: number): ClassCounts => ({
  right: new Float64Array(classes),
  all: new Float64Array(classes),
})

/** The class of the largest score of row r of logits [n, classes]; the first of equal ones, -1 where one is NaN. */
export const namedClass = (logits: ArrayLike<number>, r: number, classes: number): number => {
  let best = 0
  for (let c = 0; c < classes; c++) {
    const score = element(logits, r * classes + c)
    if (Number.isNaN(score)) return -1
    if (score > element(logits, r * classes + best)) best = c
  }
  return best
}

/** The counts with pictures whose scores are logits [n, classes] and whose classes are labels [n]. */
export const addCounts = (counts: ClassCounts, logits: ArrayLike<number>, labels: ArrayLike<number>): ClassCounts => {
  const [right, all] = [counts.right.slice(), counts.all.slice()]
  for (let r = 0; r < labels.length; r++) {
    const label = element(labels, r)
    all[label] = element(all, label) + 1
    if (namedClass(logits, r, all.length) === label) right[label] = element(right, label) + 1
  }
  return { right, all }
}

/** Shares from 0 to 1; null of a class without pictures. */
export interface ClassAccuracy {
  readonly all: number
  readonly byClass: readonly (number | null)[]
}

/** The accuracy; over all pictures NaN without any. */
export const classAccuracy = ({ right, all }: ClassCounts): ClassAccuracy => {
  const total = (x: Float64Array): number => x.reduce((sum, n) => sum + n, 0)
  return {
    all: total(right) / total(all),
    byClass: Array.from(all, (n, c) => (n === 0 ? null : element(right, c) / n)),
  }
}
