/**
 * Precision and recall of a generator (Kynkaanniemi et al. 2019, arXiv 1904.06991; as ADM's evaluator): precision is the share
 * of samples that lie where real pictures are, recall the share of real pictures that lie where samples are. Where a set
 * is, is the union of balls around its points, each as far as the k-th nearest other point.
 *
 * Laws: a set against itself has both 1, sets far apart 0; exchanging the sets exchanges the two.
 */
import { covered, finished, type Rows, radii, type Steps } from './neighbours.ts'

/** Shares from 0 to 1. */
export interface PrecisionRecall {
  readonly precision: number
  readonly recall: number
}

const share = (marks: Uint8Array): number => marks.reduce((sum, mark) => sum + mark, 0) / marks.length

/** One part of the work: its shares done become shares of the whole. */
function* part<A>(steps: Steps<A>, from: number, to: number): Steps<A> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    yield from + (to - from) * step.value
  }
}

/** `precisionRecall` in steps, for programs that show progress or may be stopped. */
export function* precisionRecallSteps(samples: Rows, real: Rows, k = 3): Steps<PrecisionRecall> {
  // distances between rows of one set are half as many
  const own = yield* part(radii(samples, k), 0, 0.25)
  const theirs = yield* part(radii(real, k), 0.25, 0.5)
  const inside = yield* part(covered(samples, own, real, theirs), 0.5, 1)
  return { precision: share(inside.a), recall: share(inside.b) }
}

/**
 * Compares features of samples with those of real pictures; time grows with the product of their counts, memory with their
 * sum. A RangeError for k rows or fewer, or where the widths differ.
 * @param k nearest neighbours; 3 in the literature
 */
export const precisionRecall = (samples: Rows, real: Rows, k = 3): PrecisionRecall =>
  finished(precisionRecallSteps(samples, real, k))
