/** The samples of an evaluation, and which of them are shown. */
import { element } from '../../codec/element.ts'
import type { Dataset } from '../../data/dataset.ts'
import type { ImageRequest } from '../../diffusion/sample.ts'
import { classOrder } from '../../evaluation/classOrder.ts'

/** Samples of a class in the picture, and classes. */
const shownColumns = 8
const shownRows = 12

/** The samples to draw: of the classes as training shows them, each class's in the order of `sample`. */
export const requestsOf = (dataset: Dataset, conditional: boolean, count: number): readonly ImageRequest[] => {
  if (!conditional) return Array.from({ length: count }, (_, index) => ({ label: null, index }))
  const weights = dataset.train.map((items) => (items.length === 0 ? 0 : dataset.balanced ? 1 : items.length))
  const drawn = weights.map(() => 0)
  return Array.from(classOrder(weights, count), (label) => {
    const index = element(drawn, label)
    drawn[label] = index + 1
    return { label, index }
  })
}

/** Places of the shown samples: of every shown class every k-th, never chosen ones. */
export const shownPlaces = (requests: readonly ImageRequest[], classes: number): ReadonlySet<number> => {
  const rows = Math.min(classes, shownRows)
  const every = Array.from({ length: rows }, (_, row) => Math.floor((row * classes) / rows))
  return new Set(
    every.flatMap((c) => {
      const own = requests.flatMap(({ label }, i) => (label === null || label === c ? [i] : []))
      const columns = Math.min(own.length, shownColumns)
      return Array.from({ length: columns }, (_, j) => element(own, Math.floor((j * own.length) / columns)))
    }),
  )
}
