/**
 * Classifiers of any network: the training of one as a task, batches with augmentation from the host, and what a compiled one
 * says of pictures.
 */
export type { PictureSize } from '../augmentation/index.ts'
export { augmented, warped } from './augment.ts'
export { type Batching, type ClassificationFeeds, classifiedBatches, type LabelledPicture } from './batch.ts'
export { type CompiledClassifier, type Judged, judge, type Score, scored } from './judge.ts'
export {
  type ClassificationOptions,
  type ClassificationTask,
  type Classifier,
  classificationTask,
  judgement,
  type Shapes,
} from './task.ts'
