/**
 * A network that can be worked out by hand, F = slope x + shift + tide cos(cNoise) + table[label], for images
 * [2, 2, 2] of two classes, and EDM (Karras et al. 2022, Table 1) around it in plain numbers: the reference for training
 * and sampling. Nothing here uses src/ but the tensors of F themselves.
 */

import { gaussian, parameter } from '../../src/nn/parameter.ts'
import { encode, type Params } from '../../src/nn/spec.ts'
import { sizeAt } from '../../src/tensor/axes.ts'
import { add, matmul, mul, reshape, type Tensor, take } from '../../src/tensor/ops.ts'

export const classes = 2
export const side = 2
export const channels = 2
export const elements = side * side * channels
export const sigmaData = 0.5

const spec = {
  slope: parameter([1], gaussian(1)),
  shift: parameter([1], gaussian(1)),
  tide: parameter([1], gaussian(1)),
  table: parameter([classes + 1, 1], gaussian(1)),
}

/** The first number of a time embedding is the cosine of the time itself. */
export const line = {
  spec,
  apply:
    (p: Params<typeof spec>) =>
    (x: Tensor, time: Tensor, labels: Tensor | null): Tensor => {
      const each = add(add(p.shift, mul(p.tide, take(1, 0, 1)(time))), labels === null ? 0 : matmul(labels, p.table))
      return add(mul(x, p.slope), reshape([sizeAt(x.shape, 0), 1, 1, 1])(each))
    },
}

/** The six numbers that F learns, in the order of `names`. */
export type Six = readonly number[]
export const names = ['slope', 'shift', 'tide', 'table, class 0', 'table, class 1', 'table, no class']

/** The six of theta (or of a moment, an average): by name, not by place. */
export const sixOf = (theta: Float32Array | Float64Array): Six => {
  const entries = encode(spec)(theta)
  return ['slope', 'shift', 'tide', 'table'].flatMap((name) => Array.from(entries[name]?.values ?? [Number.NaN]))
}

/** dF / d(each of the six) at one element x of an image. */
export const slopesOf = (x: number, cNoise: number, label: number | null): Six => [
  x,
  1,
  Math.cos(cNoise),
  label === 0 ? 1 : 0,
  label === 1 ? 1 : 0,
  label === null ? 1 : 0,
]
/** F is linear in the six. */
export const answer = (p: Six, x: number, cNoise: number, label: number | null): number =>
  slopesOf(x, cNoise, label).reduce((sum, d, i) => sum + d * (p[i] ?? Number.NaN), 0)

/** Table 1 of EDM. */
export const table1 = (sigma: number) => {
  const root = Math.hypot(sigma, sigmaData)
  return {
    cSkip: sigmaData ** 2 / (sigma ** 2 + sigmaData ** 2),
    cOut: (sigma * sigmaData) / root,
    cIn: 1 / root,
    cNoise: Math.log(sigma) / 4,
  }
}

/** D(x; sigma), element by element. */
export const denoised = (p: Six, x: number, sigma: number, label: number | null): number => {
  const { cSkip, cOut, cIn, cNoise } = table1(sigma)
  return cSkip * x + cOut * answer(p, cIn * x, cNoise, label)
}
