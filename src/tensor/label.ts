/** Names for people: a label stands in printed graphs, kernels, traces and errors, and changes no number and no kernel. */
import * as E from 'fp-ts/lib/Either.js'
import { configured, refuse } from './errors.ts'
import { type One, one, type Primitive, primitive } from './primitive.ts'
import type { Tensor } from './tensor.ts'

type Name = { readonly name: string }

/** The identity. `simplify` removes it, and gives its name to what it named. */
export const labelPrimitive: Primitive<One, Name> = primitive<One, Name>({
  name: 'label',
  takes: one,
  shape: ([x]) => E.right(x.shape),
  lower: () => ({ kind: 'view', view: (v) => v, inverse: (v) => v, repeats: false }),
  label: ({ name }) => name,
  vjp: ({ attributes: { name }, dy }) => [label(`gradient of ${name}`)(dy)],
  simplify: ({ x: [x] }) => x,
  domain: { interval: [-4, 4], cases: [{ attributes: { name: 'score' }, shapes: [[2, 3]] }] },
})

/** `label('score')(x)` is x, called score; the gradient that arrives there is called `gradient of score`. */
export const label = configured(
  'label',
  (name: string) =>
    (x: Tensor): Tensor =>
      labelPrimitive.apply({ name: name === '' ? refuse('the name is empty, expected a word') : name }, [x]),
)
