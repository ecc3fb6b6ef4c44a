/** Normalisation of tokens and of images, with and without a gain and a bias per channel. */
import { refuse } from '../tensor/errors.ts'
import { configured, groupNormalise, mul, normalise, ofRank, operation, type Tensor } from '../tensor/ops.ts'
import { addBias } from './bias.ts'
import { ones, parameter, zeros } from './parameter.ts'

/** A gain and a bias per channel, which start as 1 and 0; `withoutBias` leaves the bias out. */
export const groupNormSpec = (channels: number) => ({
  weight: parameter([channels], ones),
  bias: parameter([channels], zeros),
})
/** The same parameters for a layer norm over the last axis. */
export const layerNormSpec = groupNormSpec

/** A gain [c] and a bias [c]. */
export interface Affine {
  readonly weight: Tensor
  /** Null: none. */
  readonly bias: Tensor | null
}

/** x [..., c] times the gain plus the bias. */
const scaled = (x: Tensor, { weight, bias }: Affine): Tensor => {
  const [c] = ofRank(weight, 1, 'a gain [c]')
  if (x.shape.at(-1) !== c) return refuse(`a gain of ${c} channels, expected ${x.shape.at(-1)}`)
  return addBias(mul(x, weight), bias)
}

/** x [..., c] -> zero mean and unit variance over c, eps 1e-6; no parameters. */
export const layerNorm: (x: Tensor) => Tensor = operation('layerNorm', (x: Tensor) => normalise([-1], 1e-6)(x))

/**
 * x [..., c] -> zero mean and unit variance over c, then gain and bias; torch.nn.LayerNorm over the last axis, whose eps is
 * 1e-5. Ba, Kiros and Hinton (2016).
 */
export const affineLayerNorm = ({ eps }: { readonly eps: number }): ((p: Affine) => (x: Tensor) => Tensor) =>
  configured(
    'affineLayerNorm',
    (p: Affine) =>
      (x: Tensor): Tensor =>
        scaled(normalise([-1], eps)(x), p),
  )

/**
 * x [b, ..., c]: zero mean and unit variance over all middle axes and the adjacent channels of each of so many groups, eps
 * 1e-5 unless given; then gain and bias, unless p is null; torch.nn.GroupNorm. Wu and He (2018).
 */
export const groupNorm = (groups: number, eps = 1e-5): ((p: Affine | null) => (x: Tensor) => Tensor) =>
  configured('groupNorm', (p: Affine | null) => (x: Tensor): Tensor => {
    const y = groupNormalise(groups, eps)(x)
    return p === null ? y : scaled(y, p)
  })
