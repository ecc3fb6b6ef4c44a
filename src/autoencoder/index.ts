/**
 * `diffit/autoencoder`: autoencoders of any network. The training of one as a task, a compiled one that encodes images into the
 * moments of latents and decodes latents into images, and the scale of latents that models of them are trained on.
 */
export { type ReconstructionFeeds, reconstructionBatches } from './batch.ts'
export { type CompiledAutoencoder, compileAutoencoder } from './compiledAutoencoder.ts'
export {
  denormalised,
  type LatentScale,
  type Moments,
  normalised,
  sampled,
  scaleMeter,
  scaleOfFactor,
} from './latents.ts'
export {
  klDivergence,
  klOfMoments,
  type ReconstructionLoss,
  type ReconstructionLossName,
  reconstructionLoss,
  reconstructionLosses,
} from './loss.ts'
export { measureScale } from './measureScale.ts'
export { meanPsnr, psnr } from './psnr.ts'
export {
  type Autoencoder,
  autoencoderLoss,
  decoding,
  encoding,
  type LatentShape,
  latentShapeOf,
  type ReconstructionOptions,
  type ReconstructionTask,
  reconstructing,
  reconstructionTask,
  type Shapes,
} from './task.ts'
export { decodeTiled, type TileDecoder, type Tiling } from './tiles.ts'
