/** The two-layer MLP of a transformer block. */
import { flow } from 'fp-ts/lib/function.js'
import { configured, gelu, type Tensor } from '../tensor/ops.ts'
import { type Linear, linear, linearSpec } from './linear.ts'
import { type Fans, zeroFans } from './parameter.ts'

/** The second layer is zero-initialised unless specified otherwise. */
export const mlpSpec = (width: number, hidden: number, out: Fans = zeroFans) => ({
  fc1: linearSpec(width, hidden),
  fc2: linearSpec(hidden, width, out),
})
/** The parameters of `mlp`: two linear layers. */
export interface Mlp {
  readonly fc1: Linear
  readonly fc2: Linear
}

/** x [..., c] -> linear, activation, linear [..., c]; the activation is GELU (tanh approximation) unless another is given. */
export const mlp: (p: Mlp, activation?: (x: Tensor) => Tensor) => (x: Tensor) => Tensor = configured(
  'mlp',
  (p: Mlp, activation: (x: Tensor) => Tensor = gelu) => flow(linear(p.fc1), activation, linear(p.fc2)),
)
