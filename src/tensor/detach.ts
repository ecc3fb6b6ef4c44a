/** The identity through which no gradient flows: `x.detach()` of PyTorch, `lax.stop_gradient` of JAX. */
import * as E from 'fp-ts/lib/Either.js'
import { operation } from './errors.ts'
import { type One, one, type Primitive, primitive } from './primitive.ts'
import type { Tensor } from './tensor.ts'

/**
 * The identity. `simplify`, which runs after gradients are taken, removes it. It is no row of the table of primitives: what
 * flows through it is not its derivative, which is its purpose and its only law (`properties/detach.property.ts`).
 */
const detached: Primitive<One, Record<string, never>> = primitive<One, Record<string, never>>({
  name: 'detach',
  takes: one,
  shape: ([x]) => E.right(x.shape),
  lower: () => ({ kind: 'view', view: (v) => v, inverse: (v) => v, repeats: false }),
  vjp: () => [null],
  simplify: ({ x: [x] }) => x,
  domain: { interval: [-4, 4], cases: [{ attributes: {}, shapes: [[2, 3]] }] },
})

/** x itself, as a constant of every gradient: none flows through it. */
export const detach = operation('detach', (x: Tensor): Tensor => detached.apply({}, [x]))
