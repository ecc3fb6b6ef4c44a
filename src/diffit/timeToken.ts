/**
 * The conditioning token of both models, one per image: the time embedding plus, if conditional, the label embedding. The
 * label of an augmentation is added to the time's sinusoids, and goes through the time embedder with them (EDM).
 */
import {
  type AugmentEmbedder,
  augmentEmbedder,
  type LabelEmbedder,
  labelEmbedder,
  type TimeEmbedder,
  timeEmbedder,
} from '../nn/embedding.ts'
import { add, ShapeError, type Tensor } from '../tensor/ops.ts'

interface Embedders {
  readonly t_embedder: TimeEmbedder
  /** Null: unconditional. */
  readonly y_embedder: LabelEmbedder | null
  /** Null or absent: the label of an augmentation is no input. */
  readonly augment_embedder?: AugmentEmbedder | null
}

const withAugment = ({ augment_embedder: p }: Embedders, time: Tensor, augment: Tensor | null): Tensor => {
  if (p === null || p === undefined) return time
  if (augment === null)
    throw new ShapeError('timeToken', [time], 'a model with augment_labels needs the labels of augmentation [b, 9]')
  return add(time, augmentEmbedder(p)(augment))
}

/**
 * Sinusoids [b, 256], one-hot labels [b, classes + 1] or null, labels of augmentation [b, 9] or null -> [b, ct], the sum of
 * the embeddings.
 */
export const timeToken =
  (p: Embedders) =>
  (time: Tensor, labels: Tensor | null, augment: Tensor | null = null): Tensor => {
    const token = timeEmbedder(p.t_embedder)(withAugment(p, time, augment))
    if (p.y_embedder === null) return token
    if (labels === null) throw new ShapeError('timeToken', [time], 'a conditional model needs labels [b, classes + 1]')
    return add(token, labelEmbedder(p.y_embedder)(labels))
  }
