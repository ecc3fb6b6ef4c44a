/** The two-layer MLP of a transformer block. */
import { flow } from 'fp-ts/lib/function.js'
import { gelu, type Tensor } from '../tensor/ops.ts'
import { linear, linearSpec } from './linear.ts'
import { type Fans, zeroFans } from './parameter.ts'
import type { Params } from './spec.ts'

/** The second layer is zero-initialised unless specified otherwise. */
export const mlpSpec = (width: number, hidden: number, out: Fans = zeroFans) => ({
  fc1: linearSpec(width, hidden),
  fc2: linearSpec(hidden, width, out(hidden, width)),
})
export type Mlp = Params<ReturnType<typeof mlpSpec>>

/** x [..., c] -> linear, GELU (tanh approximation), linear. */
export const mlp = (p: Mlp): ((x: Tensor) => Tensor) => flow(linear(p.fc1), gelu, linear(p.fc2))
