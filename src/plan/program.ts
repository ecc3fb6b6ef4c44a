/** What a plan is made from: tensors to compute, and inputs that keep a value of their own from run to run. */
import type { Tensor } from '../tensor/tensor.ts'

export interface Program {
  /** Inputs beyond those that outputs and next states depend on: feeds for them are welcome and change nothing. */
  readonly inputs?: readonly Tensor[]
  /** What a run hands back, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>
  /** The next value of inputs that are state, by the input's name. */
  readonly state: Readonly<Record<string, Tensor>>
}
