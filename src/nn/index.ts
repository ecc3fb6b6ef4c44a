/** `diffit/nn`: layers, and the specs of their parameters. */
export { attention, attentionWeights, projectHeads, relativeBias, splitHeads } from './attention.ts'
export { type Conv, conv, convSpec, upsample, upsampleConv } from './conv.ts'
export { type Linear, linear, linearSpec } from './linear.ts'
export { type Mlp, mlp, mlpSpec } from './mlp.ts'
export { type GroupNorm, groupNorm, groupNormSpec, layerNorm } from './norm.ts'
export { biasTable, gaussian, type Init, ones, type Parameter, plain, xavier, zeros } from './parameter.ts'
export { patchEmbed, patchify, patchSpec, unpatchify } from './patch.ts'
export {
  arbitrary,
  count,
  decode,
  encode,
  flatSize,
  flatten,
  init,
  numbered,
  type Params,
  type Spec,
  unflatten,
} from './spec.ts'
