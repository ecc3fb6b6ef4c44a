/**
 * `diffit/models`: the table of models, and how to add one. `decodeModel` and `preset` give a model of one configuration
 * (`decodeDenoiser` one for diffusion), whose `spec`, `apply` and `shape` are what training and sampling need; `model` makes a
 * value of the table from a definition, whose `fields` are a `record` of codecs. The paper's layers that the models are made of
 * are here too.
 */
export {
  listOf,
  nonNegative,
  oneOf,
  orNull,
  positive,
  positiveInteger,
  type Rule,
  record,
  yesOrNo,
} from '../codec/codecs.ts'
export * from '../diffit/index.ts'
export type { ImageShape } from '../diffusion/imageShape.ts'
export { classifier } from './classifier/classifier.ts'
export { type ClassifierConfig, decodeClassifierConfig } from './classifier/classifierConfig.ts'
export { type ClassifierParams, classifierModel, classifierSpec } from './classifier/classifierModel.ts'
export { image } from './image/image.ts'
export { decodeImageConfig, type ImageConfig } from './image/imageConfig.ts'
export { type ImageParams, imageModel, imageSpec } from './image/imageModel.ts'
export { kl } from './kl/kl.ts'
export { decodeKLConfig, type KLConfig } from './kl/klConfig.ts'
export { type KLParams, klModel, klSpec } from './kl/klModel.ts'
export { latent } from './latent/latent.ts'
export { decodeLatentConfig, type LatentConfig } from './latent/latentConfig.ts'
export { type LatentParams, latentModel, latentSpec } from './latent/latentModel.ts'
export {
  type Apply,
  type Autoencode,
  type Classify,
  type ConfiguredModel,
  type ConfiguredModelOf,
  type Definition,
  type ImageKind,
  type Model,
  type ModelConfig,
  type ModelOf,
  model,
  type Networks,
  type ObjectiveName,
  type Space,
  type TrainedModel,
} from './model.ts'
export {
  autoencoderOf,
  decodeDenoiser,
  decodeModel,
  denoiserOf,
  type Models,
  models,
  type Preset,
  preset,
  presetsOf,
} from './models.ts'
export { baseSampling, baseTraining, type Recipe, type SamplingConfig, type TrainingConfig } from './recipe.ts'
