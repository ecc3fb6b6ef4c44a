/**
 * The conditioning token of both models, one per image: the time embedding plus, if conditional, the label embedding.
 */
import { type LabelEmbedder, labelEmbedder, type TimeEmbedder, timeEmbedder } from '../nn/embedding.ts'
import { add, ShapeError, type Tensor } from '../tensor/ops.ts'

interface Embedders {
  readonly t_embedder: TimeEmbedder
  /** Null: unconditional. */
  readonly y_embedder: LabelEmbedder | null
}

/** Sinusoids [b, 256], one-hot labels [b, classes + 1] or null -> [b, ct], the sum of both embeddings. */
export const timeToken =
  (p: Embedders) =>
  (time: Tensor, labels: Tensor | null): Tensor => {
    const token = timeEmbedder(p.t_embedder)(time)
    if (p.y_embedder === null) return token
    if (labels === null) throw new ShapeError('timeToken', [time], 'a conditional model needs labels [b, classes + 1]')
    return add(token, labelEmbedder(p.y_embedder)(labels))
  }
