/**
 * `diffit/nn`: layers and the specs of their parameters. A layer is `config => params => inputs`, a plain function; its spec
 * is a tree of parameters with one interpreter for each use: initial values, count, one flat tensor, files.
 */
export { type AvgPool, avgPool, maxPool, type Pool } from '../tensor/ops.ts'
export {
  attention,
  attentionWeights,
  causalMask,
  maskBias,
  projectHeads,
  relativeBias,
  splitHeads,
} from './attention.ts'
export { type BatchNorm, batchNorm, batchNormSpec, foldBatchNorm } from './batchNorm.ts'
export { addBias, withoutBias } from './bias.ts'
export { type Conv, type ConvConfig, conv, convSpec, upsample, upsampleConv } from './conv.ts'
export { smoothedCrossEntropy } from './crossEntropy.ts'
export { dropout, dropoutMask } from './dropout.ts'
export {
  type Embedding,
  embedding,
  embeddingSpec,
  frequencies,
  type LabelEmbedder,
  labelEmbedder,
  labelEmbedderSpec,
  type TimeEmbedder,
  timeEmbedder,
  timeEmbedderSpec,
} from './embedding.ts'
export { gained } from './gain.ts'
export { type Linear, linear, linearSpec } from './linear.ts'
export { type Mlp, mlp, mlpSpec } from './mlp.ts'
export {
  type Attended,
  type MultiHeadAttention,
  type MultiHeadAttentionConfig,
  multiHeadAttention,
  multiHeadAttentionSpec,
} from './multiHeadAttention.ts'
export {
  type Affine,
  affineLayerNorm,
  groupNorm,
  groupNormSpec,
  layerNorm,
  layerNormSpec,
} from './norm.ts'
export {
  biasTable,
  constant,
  convWeight,
  type Fans,
  gaussian,
  type Init,
  type Kernel,
  kaiming,
  kaimingGaussian,
  linearWeight,
  ones,
  type Parameter,
  parameter,
  truncatedGaussian,
  uniform,
  xavier,
  xavierGaussian,
  zeroFans,
  zeros,
} from './parameter.ts'
export { patchEmbed, patchify, patchSpec, unpatchify } from './patch.ts'
export { globalAveragePool } from './pool.ts'
export { sincos2d } from './position.ts'
export {
  arbitrary,
  type ByName,
  byName,
  count,
  decode,
  type Entry,
  encode,
  flatSize,
  flatten,
  fromNames,
  init,
  initialOf,
  type Leaf,
  leavesOf,
  matching,
  type Numbered,
  numbered,
  type Params,
  parameterInputs,
  type Spec,
  unflatten,
} from './spec.ts'
export { addWindows, tiles, toWindows } from './window.ts'
