/**
 * `diffit/data`: data sets as values, and the table of kinds that the command line opens by name.
 *
 * `dataset` makes one from pixels and labels in memory; `examples` and `batches` are its endless shuffled stream of training
 * images [h, w, c] in [-1, 1], a function of a key and a position; `validation` are images held out of it.
 */
export { type Batch, batches, type Example, examples, validation, validationPictures } from './batches.ts'
export { cifar10 } from './cifar10.ts'
export { DataLost } from './dataLost.ts'
export {
  type Dataset,
  dataset,
  type EncodedFrom,
  type Groups,
  holdOut,
  type Parts,
  type Split,
  singles,
} from './dataset.ts'
export { emoji } from './emoji.ts'
export { idx } from './idx.ts'
export { imageFolder } from './imageFolder.ts'
export { type DataKind, kinds, usageOf } from './kinds.ts'
export { type Encoder, type Encoding, encodeLatents } from './latents/encodeLatents.ts'
export { latentsFingerprint, openLatents } from './latents/latents.ts'
export { open } from './open.ts'
export { type TrainingPicture, trainingPictures } from './trainingPictures.ts'
