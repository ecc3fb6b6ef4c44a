/**
 * The Inception score (Salimans et al. 2016): exp of the mean of KL(p(y|x) || p(y)) over a split's pictures, averaged over
 * splits. It is summed as pictures come: of a split only the sums of p and of p ln p are kept, in float64.
 *
 * A score depends on the number of splits: torch-fidelity takes 10 of whatever count, ADM's evaluator one per 5,000 pictures.
 */
import { element } from '../codec/element.ts'

/** Sums over the pictures of a split. */
export interface ScoreSums {
  readonly n: number
  /** The sum of p, [classes]. */
  readonly p: Float64Array
  /** The sum of p ln p over classes and pictures. */
  readonly negentropy: number
}

/** The sums of no pictures. */
export const noScores = (classes: number): ScoreSums => ({ n: 0, p: new Float64Array(classes), negentropy: 0 })

/** p of scores before the softmax, with ln p. */
const softmax = (logits: ArrayLike<number>, from: number, classes: number) => {
  let most = Number.NEGATIVE_INFINITY
  for (let c = 0; c < classes; c++) most = Math.max(most, element(logits, from + c))
  let sum = 0
  for (let c = 0; c < classes; c++) sum += Math.exp(element(logits, from + c) - most)
  const log = most + Math.log(sum)
  return (c: number): number => element(logits, from + c) - log
}

/** The sums with the pictures whose scores before the softmax are logits [n, classes]. */
export const addScores = (sums: ScoreSums, logits: ArrayLike<number>): ScoreSums => {
  const classes = sums.p.length
  const p = sums.p.slice()
  let { n, negentropy } = sums
  for (let from = 0; from + classes <= logits.length; from += classes) {
    const logOf = softmax(logits, from, classes)
    for (let c = 0; c < classes; c++) {
      const log = logOf(c)
      const share = Math.exp(log)
      p[c] = element(p, c) + share
      negentropy += share === 0 ? 0 : share * log
    }
    n++
  }
  return { n, p, negentropy }
}

/** A score, and its standard deviation between splits (of the whole population: NumPy's `std`). */
export interface InceptionScore {
  readonly mean: number
  readonly deviation: number
}

const scoreOf = ({ n, p, negentropy }: ScoreSums): number => {
  const marginal = p.reduce((sum, total) => sum + (total === 0 ? 0 : (total / n) * Math.log(total / n)), 0)
  return Math.exp(negentropy / n - marginal)
}

/** The score of splits; those without pictures do not count. NaN without pictures. */
export const inceptionScore = (splits: readonly ScoreSums[]): InceptionScore => {
  const scores = splits.filter(({ n }) => n > 0).map(scoreOf)
  const mean = scores.reduce((sum, s) => sum + s, 0) / scores.length
  return { mean, deviation: Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / scores.length) }
}

/**
 * The split of picture i of `count`: split s has the pictures from floor(s count / splits) on, as torch-fidelity cuts them.
 */
export const splitOf = (i: number, count: number, splits: number): number => Math.ceil(((i + 1) * splits) / count) - 1
