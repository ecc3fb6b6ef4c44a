/** A rewrite returns an equal tensor that is closer to normal form, or null if it does not apply. */
import type { Tensor } from '../tensor/tensor.ts'

export type Rewrite = (node: Tensor) => Tensor | null
