/**
 * An ONNX graph while it is made: nodes in their order, constants, and the shapes that tensors have there. Equal nodes are made
 * once. Only what this package writes of ONNX: float32 and int64 tensors, attributes that are whole numbers, one output a node.
 */
import * as E from 'fp-ts/lib/Either.js'
import { element } from '../../codec/element.ts'
import { broadcastShapes, type Shape, sameShape, size, text } from '../../tensor/shape.ts'

/** A node: an operation of ONNX, the names of its inputs, and of its output. */
export interface OnnxNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes: Attributes
}
/** Attributes by name: whole numbers, or lists of them. */
export type Attributes = Readonly<Record<string, number | readonly number[]>>

/** A constant tensor; its values are made when they are written. */
export interface Initialiser {
  readonly name: string
  readonly shape: Shape
  readonly whole: boolean
  readonly values: () => Float32Array | Float64Array
}

/** A tensor that comes or goes: float32. */
export interface Port {
  readonly name: string
  readonly shape: Shape
}

/** A whole graph. */
export interface OnnxGraph {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly nodes: readonly OnnxNode[]
  readonly initialisers: readonly Initialiser[]
}

/**
 * A tensor of the graph, or one from which ONNX's broadcasting makes it: elementwise operations repeat their operands by
 * NumPy's rules, so that a repeated tensor is only made for others.
 */
export interface Value {
  readonly name: string
  readonly shape: Shape
}

/** What has no counterpart in ONNX: a sentence. */
export class NotInOnnx extends Error {
  override readonly name = 'NotInOnnx'
}

/** What makes a graph. */
export interface Builder {
  /** A node of float32, or the equal one that is there. */
  readonly node: (op: string, inputs: readonly Value[], shape: Shape, attributes?: Attributes) => Value
  /** An elementwise node, whose shape is that of its inputs, broadcast. */
  readonly elementwise: (op: string, inputs: readonly Value[], attributes?: Attributes) => Value
  /** A number, of shape []. */
  readonly number: (x: number) => Value
  /** Whole numbers, as a list or as a tensor. */
  readonly whole: (values: readonly number[], shape?: Shape) => Value
  /** A constant that is known by identity. */
  readonly constant: (initialiser: Omit<Initialiser, 'whole'>) => Value
  /** A name that nothing has yet. */
  readonly fresh: (name: string) => string
  readonly made: () => Pick<OnnxGraph, 'nodes' | 'initialisers'>
}

const broadcast = (shapes: readonly Shape[]): Shape =>
  shapes.reduce((a, b) => {
    const both = broadcastShapes(a, b)
    if (E.isLeft(both)) throw new NotInOnnx(`${text(a)} and ${text(b)} do not broadcast`)
    return both.right
  }, [])

/** @param taken names of inputs and outputs */
export const builder = (taken: readonly string[]): Builder => {
  const names = new Set(taken)
  const known = new Map<string, Value>()
  const nodes: OnnxNode[] = []
  const initialisers: Initialiser[] = []
  const fresh = (name: string): string => {
    let unique = name
    for (let i = 1; names.has(unique); i++) unique = `${name}_${i}`
    names.add(unique)
    return unique
  }
  const constant = (initialiser: Initialiser): Value => {
    const named = { ...initialiser, name: fresh(initialiser.name) }
    initialisers.push(named)
    return { name: named.name, shape: named.shape }
  }
  const once = (key: string, make: () => Value): Value => {
    const found = known.get(key) ?? make()
    known.set(key, found)
    return found
  }
  const node: Builder['node'] = (op, inputs, shape, attributes = {}) =>
    once(JSON.stringify([op, inputs.map(({ name }) => name), attributes]), () => {
      const output = fresh(op.toLowerCase())
      nodes.push({ op, inputs: inputs.map(({ name }) => name), output, attributes })
      return { name: output, shape }
    })
  return {
    node,
    elementwise: (op, inputs, attributes) => node(op, inputs, broadcast(inputs.map(({ shape }) => shape)), attributes),
    number: (x) =>
      once(`number ${Object.is(x, -0) ? '-0' : x}`, () =>
        constant({ name: 'number', shape: [], whole: false, values: () => Float64Array.of(x) }),
      ),
    whole: (values, shape = [values.length]) =>
      once(`whole ${shape} ${values}`, () =>
        constant({ name: 'places', shape, whole: true, values: () => Float64Array.from(values) }),
      ),
    constant: (given) => constant({ ...given, whole: false }),
    fresh,
    made: () => ({ nodes, initialisers }),
  }
}

/** A value of exactly a shape: repeated where it is broadcast. */
export const whole = (b: Builder, value: Value, shape: Shape): Value =>
  sameShape(value.shape, shape) ? value : b.node('Expand', [value, b.whole(shape)], shape)

/** The same elements in another shape. */
export const reshaped = (b: Builder, value: Value, shape: Shape): Value => {
  if (size(value.shape) !== size(shape)) throw new NotInOnnx(`${text(value.shape)} does not fill ${text(shape)}`)
  return sameShape(value.shape, shape) ? value : b.node('Reshape', [value, b.whole(shape)], shape)
}

/** Axis i of the result is axis order[i]. */
export const transposed = (b: Builder, value: Value, order: readonly number[]): Value =>
  order.every((axis, i) => axis === i)
    ? value
    : b.node(
        'Transpose',
        [value],
        order.map((axis) => element(value.shape, axis)),
        { perm: order },
      )
