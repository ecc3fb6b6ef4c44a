/** Either model behind one type, for code that does not depend on which it is. */
import { type ByName, byName, fromNames, type Params, type Spec } from '../nn/spec.ts'
import type { Tensor } from '../tensor/ops.ts'
import type { ModelConfig } from './config.ts'
import { imageModel } from './image.ts'
import { latentModel } from './latent.ts'

/** x [b, h, w, channels], sinusoids of the time [b, 256], one-hot labels [b, classes + 1] or null -> [b, h, w, out]. */
type Answer = (x: Tensor, time: Tensor, labels: Tensor | null) => Tensor

/** The shape of one image of a batch. */
export interface ImageShape {
  /** Height and width. */
  readonly size: number
  readonly channels: number
  /** Null: unconditional. */
  readonly classes: number | null
}

export interface Model {
  /** By file names; every parameter has the offset that the model's own tree gives it. */
  readonly spec: ByName
  readonly apply: (params: Params<ByName>) => Answer
  readonly shape: ImageShape
}

/** Hides the structure of a model's parameter tree, not the names. */
const named = <S extends Spec>(
  { spec, apply }: { readonly spec: S; readonly apply: (params: Params<S>) => Answer },
  shape: ImageShape,
): Model => {
  const tree = fromNames(spec)
  return { spec: byName(spec), apply: (params) => apply(tree(params)), shape }
}

export const modelOf = (c: ModelConfig): Model => {
  const { channels, classes } = c
  switch (c.model) {
    case 'image':
      return named(imageModel(c), { size: c.image_size, channels, classes })
    case 'latent':
      return named(latentModel(c), { size: c.input_size, channels, classes })
  }
}
