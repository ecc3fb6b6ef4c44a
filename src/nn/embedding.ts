/** Conditioning: embeddings of the time and the label, one vector per image. */
import { flow } from 'fp-ts/lib/function.js'
import { matmul, silu, type Tensor } from '../tensor/ops.ts'
import { linear, linearSpec } from './linear.ts'
import { gaussian, plain } from './parameter.ts'
import type { Params } from './spec.ts'

/** Size of the sinusoidal time embedding. */
export const frequencies = 256

export const timeEmbedderSpec = (width: number) => ({
  mlp: { '0': linearSpec(frequencies, width, gaussian(0.02)), '2': linearSpec(width, width, gaussian(0.02)) },
})
export type TimeEmbedder = Params<ReturnType<typeof timeEmbedderSpec>>

/**
 * Sinusoids [b, 256] -> time tokens [b, width]: linear, SiLU, linear. The sinusoids (cosines, then sines) are computed on
 * the host in float64: float32 cosines of large arguments are wrong in the fifth digit.
 */
export const timeEmbedder = (p: TimeEmbedder): ((sinusoids: Tensor) => Tensor) =>
  flow(linear(p.mlp[0]), silu, linear(p.mlp[2]))

/** One row per class, and a last one for the null label of classifier-free guidance. */
export const labelEmbedderSpec = (classes: number, width: number) => ({
  embedding_table: { weight: plain([classes + 1, width], gaussian(0.02)) },
})
export type LabelEmbedder = Params<ReturnType<typeof labelEmbedderSpec>>

/** One-hot labels [b, classes + 1] -> [b, width]. */
export const labelEmbedder =
  (p: LabelEmbedder) =>
  (labels: Tensor): Tensor =>
    matmul(labels, p.embedding_table.weight)
