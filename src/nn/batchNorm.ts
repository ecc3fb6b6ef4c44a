/**
 * Batch normalisation with the statistics that training left behind: an affine map of each channel, which a convolution
 * before it can take over. Not the normalisation by a batch's own statistics. Ioffe and Szegedy (2015).
 */
import { element } from '../codec/element.ts'
import { refuse } from '../tensor/errors.ts'
import { add, configured, mul, ofRank, rsqrt, sub, type Tensor } from '../tensor/ops.ts'
import { text } from '../tensor/shape.ts'
import { ones, parameter, zeros } from './parameter.ts'
import type { Entry } from './spec.ts'

/** Gain, bias, mean and variance of each channel under PyTorch's names; they start as those of the identity. */
export const batchNormSpec = (channels: number) => ({
  weight: parameter([channels], ones),
  bias: parameter([channels], zeros),
  running_mean: parameter([channels], zeros),
  running_var: parameter([channels], ones),
})

/** Four vectors [c], as tensors or as entries of a file. */
export interface BatchNorm<V = Tensor> {
  readonly weight: V
  readonly bias: V
  readonly running_mean: V
  readonly running_var: V
}

/** The constant under the root. */
interface Eps {
  readonly eps: number
}

/** x [..., c] -> (x - mean) / sqrt(variance + eps) * gain + bias; torch.nn.BatchNorm2d in `eval()`, whose eps is 1e-5. */
export const batchNorm = ({ eps }: Eps): ((p: BatchNorm) => (x: Tensor) => Tensor) =>
  configured('batchNorm', (p: BatchNorm) => (x: Tensor): Tensor => {
    for (const [name, v] of Object.entries(p)) {
      const [c] = ofRank(v, 1, `${name} [c]`)
      if (c !== x.shape.at(-1)) refuse(`${name} of ${c} channels, expected ${x.shape.at(-1)}`)
    }
    return add(mul(sub(x, p.running_mean), mul(p.weight, rsqrt(add(p.running_var, eps)))), p.bias)
  })

/** A convolution's weight [out, in, kh, kw] and bias [out] as a file has them; null: no bias. */
interface ConvEntries {
  readonly weight: Entry
  readonly bias: Entry | null
}

/**
 * A convolution, then `batchNorm`, as one convolution: numbers of a file, in float64, before they are parameters. Law:
 * conv(c)(foldBatchNorm({ eps })(p, bn))(x) = batchNorm({ eps })(bn)(conv(c)(p)(x)). RangeError where a vector has not as many
 * numbers as the weight has outputs.
 */
export const foldBatchNorm =
  ({ eps }: Eps) =>
  ({ weight, bias }: ConvEntries, bn: BatchNorm<Entry>): { readonly weight: Entry; readonly bias: Entry } => {
    const [outputs] = weight.shape
    for (const [name, v] of Object.entries({ ...(bias === null ? {} : { 'the convolution': bias }), ...bn }))
      if (v.values.length !== outputs)
        throw new RangeError(`foldBatchNorm: ${name} has shape ${text(v.shape)}, expected [${outputs}]`)
    const gain = Float64Array.from(bn.weight.values, (g, i) => g / Math.sqrt(element(bn.running_var.values, i) + eps))
    const before = (i: number): number => (bias === null ? 0 : element(bias.values, i))
    const values = Float64Array.from(weight.values)
    const each = values.length / gain.length
    gain.forEach((g, i) => {
      for (let j = i * each; j < (i + 1) * each; j++) values[j] = element(values, j) * g
    })
    return {
      weight: { shape: weight.shape, values },
      bias: {
        shape: bn.bias.shape,
        values: gain.map((g, i) => element(bn.bias.values, i) + (before(i) - element(bn.running_mean.values, i)) * g),
      },
    }
  }
