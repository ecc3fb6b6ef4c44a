/** The two-layer perceptron of a transformer block. */
import { flow } from 'fp-ts/lib/function.js'
import { gelu, type Tensor } from '../tensor/ops.ts'
import { linear, linearSpec } from './linear.ts'
import { zeros } from './parameter.ts'
import type { Params } from './spec.ts'

/** The second layer starts at zero: a new block is the identity. */
export const mlpSpec = (width: number, hidden: number) => ({
  fc1: linearSpec(width, hidden),
  fc2: linearSpec(hidden, width, zeros),
})
export type Mlp = Params<ReturnType<typeof mlpSpec>>

/** x [..., c] -> linear, GELU (tanh form), linear. */
export const mlp = (p: Mlp): ((x: Tensor) => Tensor) => flow(linear(p.fc1), gelu, linear(p.fc2))
