/** Affine maps of the last axis. */
import { configured, matmul, type Tensor } from '../tensor/ops.ts'
import { addBias } from './bias.ts'
import { type Fans, type Init, linearWeight, parameter, xavier, zeros } from './parameter.ts'

/** Weight Xavier-uniform unless specified otherwise, bias zero; `withoutBias` leaves the bias out. */
export const linearSpec = (cin: number, cout: number, init: Init | Fans = xavier) => ({
  weight: linearWeight(cin, cout, init),
  bias: parameter([cout], zeros),
})
/** The parameters of a linear layer. */
export interface Linear {
  /** [in, out]; [out, in] in files. */
  readonly weight: Tensor
  /** [out]; null: none. */
  readonly bias: Tensor | null
}

/** x [..., in] -> x W + b [..., out]; torch.nn.Linear. ShapeError where the last axis of x is not `in`. */
export const linear: (p: Linear) => (x: Tensor) => Tensor = configured(
  'linear',
  (p: Linear) =>
    (x: Tensor): Tensor =>
      addBias(matmul(x, p.weight), p.bias),
)
