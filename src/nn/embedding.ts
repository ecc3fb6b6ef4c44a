/** Embeddings: rows of a table by their places; and of the time and the label, one vector per image. */
import { flow } from 'fp-ts/lib/function.js'
import { configured, gather, matmul, silu, type Tensor } from '../tensor/ops.ts'
import { linear, linearSpec } from './linear.ts'
import { gaussian, type Init, linearWeight, parameter, zeros } from './parameter.ts'
import type { Params } from './spec.ts'

/** A table of n rows, standard normal unless specified otherwise, as torch.nn.Embedding. */
export const embeddingSpec = (n: number, width: number, init: Init = gaussian(1)) => ({
  weight: parameter([n, width], init),
})
/** The table of an embedding, [n, width]. */
export type Embedding = Params<ReturnType<typeof embeddingSpec>>

/**
 * Places [..i], whole numbers known to be below n (an `index`, or whole numbers), -> their rows [..i, width]; the gradients
 * of a row that is chosen twice are added. ShapeError where a place may be n or more.
 */
export const embedding = configured(
  'embedding',
  (p: Embedding) =>
    (places: Tensor): Tensor =>
      gather(0, places)(p.weight),
)

/** Size of the sinusoidal time embedding. */
export const frequencies = 256

/** Two linear layers, 256 -> width -> width, normal with deviation 0.02. */
export const timeEmbedderSpec = (width: number) => ({
  mlp: { '0': linearSpec(frequencies, width, gaussian(0.02)), '2': linearSpec(width, width, gaussian(0.02)) },
})
/** The parameters of `timeEmbedder`. */
export type TimeEmbedder = Params<ReturnType<typeof timeEmbedderSpec>>

/**
 * Sinusoids [b, 256] -> time tokens [b, width]: linear, SiLU, linear. The sinusoids (cosines, then sines) are computed on
 * the host in float64: float32 cosines of large arguments are wrong in the fifth digit.
 */
export const timeEmbedder = configured('timeEmbedder', (p: TimeEmbedder): ((sinusoids: Tensor) => Tensor) =>
  flow(linear(p.mlp[0]), silu, linear(p.mlp[2])),
)

/** One row per class, and a last one for the null label of classifier-free guidance. */
export const labelEmbedderSpec = (classes: number, width: number) => ({
  embedding_table: { weight: parameter([classes + 1, width], gaussian(0.02)) },
})
/** The table of a label embedding, [classes + 1, width]. */
export type LabelEmbedder = Params<ReturnType<typeof labelEmbedderSpec>>

/** One-hot labels [b, classes + 1] -> [b, width]. */
export const labelEmbedder = configured(
  'labelEmbedder',
  (p: LabelEmbedder) =>
    (labels: Tensor): Tensor =>
      matmul(labels, p.embedding_table.weight),
)

/** A linear map without bias, of a label of so many numbers to the size of the time's sinusoids; zero at the start. */
export const augmentEmbedderSpec = (labels: number) => ({ weight: linearWeight(labels, frequencies, zeros) })
/** The map of labels of augmentation, [labels, 256]. */
export type AugmentEmbedder = Params<ReturnType<typeof augmentEmbedderSpec>>

/** Labels of augmentation [b, labels] -> [b, 256]; zeros of zeros. */
export const augmentEmbedder = configured(
  'augmentEmbedder',
  (p: AugmentEmbedder) =>
    (labels: Tensor): Tensor =>
      matmul(labels, p.weight),
)
