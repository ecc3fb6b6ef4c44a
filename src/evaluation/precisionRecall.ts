/**
 * Precision and recall of a generator (Kynkaanniemi et al. 2019, arXiv 1904.06991; as ADM's evaluator): precision is the share
 * of samples that lie where real pictures are, recall the share of real pictures that lie where samples are. Where a set
 * is, is the union of balls around its points, each as far as the k-th nearest other point.
 *
 * Laws: a set against itself has both 1, sets far apart 0; exchanging the sets exchanges the two.
 */
import { covered, type Rows, radii } from './neighbours.ts'

/** Shares from 0 to 1. */
export interface PrecisionRecall {
  readonly precision: number
  readonly recall: number
}

const share = (marks: Uint8Array): number => marks.reduce((sum, mark) => sum + mark, 0) / marks.length

/**
 * Compares features of samples with those of real pictures; time grows with the product of their counts, memory with their
 * sum. A RangeError for k rows or fewer, or where the widths differ.
 * @param k nearest neighbours; 3 in the literature
 */
export const precisionRecall = (samples: Rows, real: Rows, k = 3): PrecisionRecall => {
  const inside = covered(samples, radii(samples, k), real, radii(real, k))
  return { precision: share(inside.a), recall: share(inside.b) }
}
