/**
 * The losses of a run for its curve, in bounded memory: at first one row per step, then means of two neighbouring steps,
 * of four, and so on. Validations are few, and all are kept.
 *
 * Law: the weighted mean of the kept rows is the mean of all losses so far.
 */
import type { LossRow } from './plot.ts'

interface Kept {
  /** Of the last step. */
  readonly images: number
  readonly loss: number
  readonly steps: number
}

export interface LossHistory {
  readonly add: (row: LossRow) => void
  readonly rows: () => readonly LossRow[]
}

const together = (a: Kept, b: Kept): Kept => {
  const steps = a.steps + b.steps
  return { images: b.images, loss: (a.loss * a.steps + b.loss * b.steps) / steps, steps }
}

/** Neighbours averaged in pairs; the last one of an odd number is kept. */
const halved = (list: readonly Kept[]): Kept[] =>
  list.flatMap((a, i) => {
    const b = list[i + 1]
    return i % 2 === 1 ? [] : [b === undefined ? a : together(a, b)]
  })

/** @param most maximum rows of training losses, at least 2 */
export const lossHistory = (most = 4096): LossHistory => {
  let kept: Kept[] = []
  /** Steps per row. */
  let stride = 1
  const validations: LossRow[] = []
  const train = (one: Kept): void => {
    const last = kept.at(-1)
    if (last !== undefined && last.steps < stride) kept[kept.length - 1] = together(last, one)
    else kept.push(one)
    if (kept.length > most) {
      kept = halved(kept)
      stride *= 2
    }
  }
  return {
    add: ({ images, loss, validation, measures }) => {
      if (typeof loss === 'number' && Number.isFinite(loss)) train({ images, loss, steps: 1 })
      if (typeof validation === 'number')
        validations.push({ images, validation, ...(measures === undefined ? {} : { measures }) })
    },
    rows: () => [...kept, ...validations],
  }
}
