/**
 * A tensor is an immutable node of a graph: an operation, its inputs and a shape. There are no numbers inside; building
 * a node computes nothing, and the graph is the trace.
 *
 * Two nodes that say the same are merged later, in `simplify`; only inputs are distinct by identity.
 */
import type { Expression } from './expression.ts'
import { type Shape, size, text } from './shape.ts'

export type Attribute = number | string | readonly number[] | readonly (readonly number[])[] | Float64Array
export type Attributes = Readonly<Record<string, Attribute>>

export interface Tensor {
  readonly op: string
  readonly attributes: Attributes
  readonly inputs: readonly Tensor[]
  readonly shape: Shape
  readonly rule: Rule
}

/** What the transforms need to know of a node; closed over its typed attributes by `primitive`. */
export interface Rule {
  readonly lower: (inputs: readonly Tensor[]) => Lowering
  /** Gradients of the inputs, in their order, given the gradient `dy` of the output `y`; null where there is none. */
  readonly vjp: (point: {
    readonly x: readonly Tensor[]
    readonly y: Tensor
    readonly dy: Tensor
  }) => readonly (Tensor | null)[]
  /** The same operation on other inputs. */
  readonly rebuild: (inputs: readonly Tensor[]) => Tensor
}

/** How a strided view of the input becomes a strided view of the output. */
export interface Strided {
  readonly offset: number
  readonly shape: Shape
  readonly strides: readonly number[]
}

/** Sum over paired axes of two operands; output axes: batch, then a's free axes, then b's free axes. */
export interface ContractSpec {
  readonly batch: readonly (readonly [a: number, b: number])[]
  readonly sum: readonly (readonly [a: number, b: number])[]
}

export type Lowering =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'literal'; readonly data: Float64Array }
  | { readonly kind: 'map'; readonly expression: Expression }
  | { readonly kind: 'reduce'; readonly how: 'sum' | 'max'; readonly axes: readonly number[] }
  /** Moves nothing: the same elements under other strides. Null where strides cannot say it. */
  | {
      readonly kind: 'view'
      readonly view: (v: Strided) => Strided | null
      readonly inverse: ((v: Strided) => Strided | null) | null
    }
  /** Writes every input into its box of an output that is zero elsewhere. */
  | {
      readonly kind: 'place'
      readonly boxes: readonly { readonly start: readonly number[]; readonly step: readonly number[] }[]
    }
  | { readonly kind: 'contract'; readonly spec: ContractSpec }
  /** Stands for other nodes. */
  | { readonly kind: 'expand'; readonly into: Tensor }

const leaf = (op: string, attributes: Attributes, shape: Shape, lower: Lowering): Tensor => {
  const node: Tensor = {
    op,
    attributes,
    inputs: [],
    shape,
    rule: { lower: () => lower, vjp: () => [], rebuild: () => node },
  }
  return node
}

/** Something that comes from outside, by name: a parameter, a batch, a learning rate. */
export const input = (name: string, shape: Shape): Tensor => leaf('input', { name }, shape, { kind: 'input', name })

/** Numbers that are known when the graph is built, row-major. */
export const literal = (data: Float64Array, shape: Shape): Tensor => {
  if (data.length !== size(shape)) throw new RangeError(`literal: ${data.length} numbers do not fill ${text(shape)}`)
  return leaf('literal', { data }, shape, { kind: 'literal', data })
}

/** One number everywhere. */
export const full = (value: number, shape: Shape): Tensor =>
  leaf('full', { value }, shape, { kind: 'map', expression: { kind: 'constant', value } })

/**
 * Nodes in an order in which inputs come before what uses them; does not look behind nodes that `known` holds, nor list
 * them. Iterative: graphs are deeper than the stack.
 */
export const topological = (
  outputs: readonly Tensor[],
  known: (node: Tensor) => boolean = () => false,
): readonly Tensor[] => {
  const done = new Set<Tensor>()
  const order: Tensor[] = []
  const stack: { node: Tensor; next: number }[] = outputs.map((node) => ({ node, next: 0 })).reverse()
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = done.has(top.node) || known(top.node) ? undefined : top.node.inputs[top.next++]
    if (child !== undefined) stack.push({ node: child, next: 0 })
    else {
      stack.pop()
      if (!done.has(top.node) && !known(top.node)) {
        done.add(top.node)
        order.push(top.node)
      }
    }
  }
  return order
}
