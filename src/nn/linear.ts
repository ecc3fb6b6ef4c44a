/** Affine maps of the last axis. */
import { add, matmul, type Tensor } from '../tensor/ops.ts'
import { type Init, linearWeight, plain, xavier, zeros } from './parameter.ts'
import type { Params } from './spec.ts'

/** Weight Xavier-uniform unless specified otherwise, bias zero. */
export const linearSpec = (cin: number, cout: number, init: Init = xavier(cin, cout)) => ({
  weight: linearWeight(cin, cout, init),
  bias: plain([cout], zeros),
})
export type Linear = Params<ReturnType<typeof linearSpec>>

/** x [..., in] -> x W + b [..., out]. */
export const linear =
  (p: Linear) =>
  (x: Tensor): Tensor =>
    add(matmul(x, p.weight), p.bias)
