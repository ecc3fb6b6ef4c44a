/** The adjoint law of every model, in float64. */
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds, type Points, type Tensors } from '../src/check/index.ts'
import type { Tensor } from '../src/tensor/ops.ts'

/** <dy, J v> = <J' dy, v> for every parameter and input, at two points, in one direction each. */
export const adjoint = async <P extends Points>(f: (x: Tensors<P>) => Tensor, points: P): Promise<void> => {
  const holds = gradientHolds(cpu)(f, points, { order: 1, directions: 1 })
  await holds(1)
  await holds(2)
}
