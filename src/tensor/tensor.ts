/**
 * A tensor is an immutable node of a graph: an operation, its inputs and a shape. There are no numbers inside; building
 * a node computes nothing, and the graph is the trace.
 *
 * Equal nodes are merged later, in `simplify`; only inputs are distinct by identity.
 */
import { stackHere } from './built.ts'
import type { Expression } from './expression.ts'
import { type Shape, text } from './shape.ts'

export type Attribute = number | string | readonly number[] | readonly (readonly number[])[] | Float64Array
/** What a node is configured by, by name: plain data. */
export type Attributes = Readonly<Record<string, Attribute>>

/** A node of an immutable graph: an operation, its inputs and a shape, no numbers. A backend computes them. */
export interface Tensor {
  /** The name of its primitive, for printing only. */
  readonly op: string
  readonly attributes: Attributes
  readonly inputs: readonly Tensor[]
  readonly shape: Shape
  readonly rule: Rule
  /** Where it was built, if it stands on a recorded input (`built.ts`). */
  readonly built?: Error
}

/** What the transforms need to know of a node; closed over its typed attributes by `primitive`. */
export interface Rule {
  /** One object for all nodes of a primitive: only nodes of the same primitive can be equal. */
  readonly primitive: object
  readonly algebra: Algebra
  readonly lower: () => Lowering
  /** Gradients of the inputs, in their order, given the gradient `dy` of the output `y`; null where there is none. */
  readonly vjp: (y: Tensor, dy: Tensor) => readonly (Tensor | null)[]
  /** A name for people, of a node that is its input and nothing more. */
  readonly label?: string
  /** The same operation on other inputs. */
  readonly rebuild: (inputs: readonly Tensor[]) => Tensor
  /** An equal tensor that is closer to normal form, by the primitive's own rules; null if it is normal. */
  readonly simplify: (node: Tensor) => Tensor | null
}

/** Algebraic properties of an operation, used by transforms; omitted ones do not hold. */
export interface Algebra {
  /** f(a, b) = f(b, a). */
  readonly commutative?: boolean
  /** A sum of its inputs: f(a, 0) = a = f(0, a), and tensors with disjoint supports can be joined. */
  readonly additive?: boolean
  /** f(a, right) = a, f(left, b) = b. */
  readonly identity?: { readonly left?: number; readonly right?: number }
  /** f(a, z) = z = f(z, b) for every finite a and b; not so for NaN and infinities, which `exact` respects. */
  readonly absorbing?: number
  /** Commutative, and f(f(x, c), d) = f(x, f(c, d)) for constants c and d exactly: products, minima, maxima. */
  readonly joinsConstants?: boolean
  /** f(x, x) as something simpler. */
  readonly ofEqual?: (x: Tensor) => Tensor
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

/** Elements start + i * step of every axis. */
export interface Corner {
  readonly start: readonly number[]
  readonly step: readonly number[]
}

/** How a reduction combines elements, in any order: associative, commutative, `start` its identity. */
export interface Fold {
  readonly name: string
  readonly start: number
  /** Operand 0 is the result so far, operand 1 the next element or another partial result. */
  readonly combine: Expression
  /** Whether every step rounds, so that long reductions are better done in blocks. A maximum is exact. */
  readonly rounds: boolean
  /** The reduction of `count` equal numbers. */
  readonly ofEqual: (value: number, count: number) => number
}

/** What a node is to the passes: an element of one of these kinds, whatever its primitive is called. */
export type Lowering =
  /** `below`: whole numbers from 0 that are less than it, where the input is an index. */
  | { readonly kind: 'input'; readonly name: string; readonly below?: number }
  | { readonly kind: 'literal'; readonly data: Float64Array }
  | { readonly kind: 'map'; readonly expression: Expression }
  /** Reduces over axes, which are kept with size 1. */
  | { readonly kind: 'reduce'; readonly fold: Fold; readonly axes: readonly number[] }
  /** Moves no data: the same elements under other strides. Null if strides cannot express it. */
  | {
      readonly kind: 'view'
      readonly view: (v: Strided) => Strided | null
      readonly inverse: ((v: Strided) => Strided | null) | null
      /** Whether every element occurs equally often, so that computing it first saves work. */
      readonly repeats: boolean
    }
  /** Writes every input into its box of an output that is zero elsewhere. */
  | { readonly kind: 'place'; readonly boxes: readonly Corner[] }
  | { readonly kind: 'contract'; readonly spec: ContractSpec }
  /** Expands to other nodes. */
  | { readonly kind: 'expand'; readonly into: Tensor }

class Node implements Tensor {
  readonly op: string
  readonly attributes: Attributes
  readonly inputs: readonly Tensor[]
  readonly shape: Shape
  readonly rule: Rule
  declare readonly built?: Error

  constructor({ op, attributes, inputs, shape, rule, built }: Tensor) {
    this.op = op
    this.attributes = attributes
    this.inputs = inputs
    this.shape = shape
    this.rule = rule
    if (built !== undefined) this.built = built
  }

  /** `softmax [2, 4]`; an input by its name, `input x [2, 4]`. */
  toString(): string {
    const { name, value } = this.attributes
    const what = name ?? value
    return `${this.op}${what === undefined ? '' : ` ${what}`} ${text(this.shape)}`
  }

  /** What console.log shows in Node: the same, not the whole graph. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Tensor(${this.toString()})`
  }
}

export const node = (parts: Tensor): Tensor =>
  new Node(parts.inputs.some((x) => x.built !== undefined) ? { ...parts, built: stackHere() } : parts)

/** The same input, on which everything that is built records where. */
export const recorded = (input: Tensor): Tensor => new Node({ ...input, built: stackHere() })

/**
 * Topological order, inputs first; does not traverse nodes in `known`, nor list them. Iterative: graphs are deeper than the
 * stack.
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
