/**
 * `diffit/evaluation`: how good pictures are. Measures in float64 of what a `FeatureNetwork` says of them: Frechet distance
 * from streaming moments, precision and recall, Inception score, class accuracy; and of their pixels the nearest training
 * pictures.
 */
export {
  addCounts,
  type ClassAccuracy,
  type ClassCounts,
  classAccuracy,
  namedClass,
  noCounts,
} from './classAccuracy.ts'
export { classOrder } from './classOrder.ts'
export type { FeatureNetwork, Judgement } from './featureNetwork.ts'
export { frechetDistance } from './frechetDistance.ts'
export {
  addScores,
  type InceptionScore,
  inceptionScore,
  noScores,
  type ScoreSums,
  splitOf,
} from './inceptionScore.ts'
export { type Memorisation, memorisation } from './memorisation.ts'
export { type Gaussian, gaussianOf, type Moments, mergeMoments, momentsOf, noMoments } from './moments.ts'
export { type Gallery, type Nearest, nearestIn } from './nearestPictures.ts'
export type { Rows, Steps } from './neighbours.ts'
export { type PrecisionRecall, precisionRecall, precisionRecallSteps } from './precisionRecall.ts'
