/** Nodes without inputs: external inputs, and constants known when the graph is built. */
import { shapeOf } from './axes.ts'
import { operation, orThrow, refuse, ShapeError } from './errors.ts'
import { constant } from './expression.ts'
import { type Shape, size, text } from './shape.ts'
import { type Attributes, type Lowering, node, type Tensor, topological } from './tensor.ts'

const leaf = (op: string, attributes: Attributes, given: Shape, lowering: Lowering): Tensor => {
  const shape = orThrow(op, [], shapeOf(given))
  const self: Tensor = node({
    op,
    attributes,
    inputs: [],
    shape,
    rule: {
      primitive: kinds[lowering.kind === 'map' ? 'full' : 'distinct'],
      algebra: {},
      lower: () => lowering,
      vjp: () => [],
      rebuild: () => self,
      simplify: () => null,
    },
  })
  return self
}

const kinds = { full: {}, distinct: {} }

/** Something that comes from outside, by name: a parameter, a batch, a learning rate. One name is one node. */
export const input = operation(
  'input',
  (name: string, shape: Shape): Tensor => leaf('input', { name }, shape, { kind: 'input', name }),
)

/** Whole numbers below this are exact in float32. */
export const mostPlaces = 2 ** 24

/**
 * Places that come from outside, by name: whole numbers 0 <= i < below in float storage, checked when they are fed. There
 * is no gradient with respect to an index. `below` is at most 2^24, up to which float32 counts exactly.
 */
export const index = (name: string, shape: Shape, below: number): Tensor => {
  if (!(Number.isInteger(below) && below >= 1 && below <= mostPlaces))
    throw new ShapeError('index', [], `"${name}" is below ${below}, expected a whole number from 1 to ${mostPlaces}`)
  return leaf('index', { name, below }, shape, { kind: 'input', name, below })
}

/** Numbers that are known when the graph is built, row-major. */
export const literal = operation('literal', (data: Float64Array, shape: Shape): Tensor => {
  const filled = leaf('literal', { data }, shape, { kind: 'literal', data })
  const n = size(shape)
  return data.length === n ? filled : refuse(`${data.length} numbers do not fill ${text(shape)}, which has ${n}`)
})

/** One number everywhere. */
export const full = operation(
  'full',
  (value: number, shape: Shape): Tensor => leaf('full', { value }, shape, { kind: 'map', expression: constant(value) }),
)

/** The number of a `full`, else null. */
export const constantOf = (x: Tensor): number | null => {
  if (x.inputs.length > 0) return null
  const lowering = x.rule.lower()
  return lowering.kind === 'map' && lowering.expression.kind === 'constant' ? lowering.expression.value : null
}

/** The name of an input, else null. */
export const inputName = (x: Tensor): string | null => {
  if (x.inputs.length > 0) return null
  const lowering = x.rule.lower()
  return lowering.kind === 'input' ? lowering.name : null
}

/** Inputs below some nodes; two different nodes of one name are an error, or each would get part of a gradient. */
export const inputsOf = (outputs: readonly Tensor[], asked: string): readonly Tensor[] => {
  const byName = new Map<string, Tensor>()
  for (const x of topological(outputs)) {
    const name = inputName(x)
    if (name === null) continue
    const known = byName.get(name)
    if (known !== undefined && known !== x)
      throw new ShapeError(
        asked,
        [known, x],
        `two different inputs are called "${name}": make the input once and use it in both places, or give them two names`,
      )
    byName.set(name, x)
  }
  return [...byName.values()]
}
