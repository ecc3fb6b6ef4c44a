/** Normalisation of tokens and of images. */
import { add, groupNormalise, mul, normalise, type Tensor } from '../tensor/ops.ts'
import { ones, plain, zeros } from './parameter.ts'
import type { Params } from './spec.ts'

/** x [..., c] -> zero mean and unit variance over c, eps 1e-6; no affine parameters. */
export const layerNorm = (x: Tensor): Tensor => normalise([-1], 1e-6)(x)

export const groupNormSpec = (channels: number) => ({ weight: plain([channels], ones), bias: plain([channels], zeros) })
export type GroupNorm = Params<ReturnType<typeof groupNormSpec>>

/** x [b, h, w, c]: group norm over groups of adjacent channels and all pixels, eps 1e-5; then gain and bias. */
export const groupNorm =
  (groups: number) =>
  (p: GroupNorm) =>
  (x: Tensor): Tensor =>
    add(mul(groupNormalise(groups, 1e-5)(x), p.weight), p.bias)
