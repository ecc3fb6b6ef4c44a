/** The input of planning: tensors to compute, and state that persists from run to run. */
import type { Tensor } from '../tensor/tensor.ts'

export interface Program {
  /** Inputs beyond those that outputs and next states depend on: feeds for them are accepted and have no effect. */
  readonly inputs?: readonly Tensor[]
  /** The outputs of a run, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>
  /** The next value of inputs that are state, by the input's name. */
  readonly state: Readonly<Record<string, Tensor>>
}
