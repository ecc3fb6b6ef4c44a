/**
 * Graphs of tensors as graphs of ONNX, opset 17: an operation is asked what it is (its lowering), so that primitives of anyone are
 * exported; those that ONNX has as one operation (convolution, softmax, movement) become that. Everything is float32.
 */
import * as E from 'fp-ts/lib/Either.js'
import { at, range, sizeAt } from '../../tensor/axes.ts'
import { broadcastPrimitive } from '../../tensor/broadcast.ts'
import { softmaxPrimitive } from '../../tensor/composite.ts'
import { convPrimitive } from '../../tensor/convolution.ts'
import { type Shape, size } from '../../tensor/shape.ts'
import { type ContractSpec, type Fold, type Tensor, topological } from '../../tensor/tensor.ts'
import { inverseOrder } from '../../tensor/transpose.ts'
import {
  type Builder,
  builder,
  type Initialiser,
  NotInOnnx,
  type OnnxGraph,
  type Port,
  reshaped,
  transposed,
  type Value,
  whole,
} from './graph.ts'
import { placed, viewed } from './movement.ts'
import { expressed } from './scalars.ts'

/** The version of ONNX's operations that graphs are made of. */
export const opset = 17

/** A parameter as a constant of the graph, where a node is one. */
export type Known = (node: Tensor) => Omit<Initialiser, 'whole'> | null

const reductions: Readonly<Record<string, string>> = { max: 'ReduceMax', min: 'ReduceMin', mul: 'ReduceProd' }

const reduced = (b: Builder, x: Value, { name, combine }: Fold, axes: readonly number[], shape: Shape): Value => {
  const op = combine.kind === 'core' && combine.args.every((arg) => arg.kind === 'operand') ? combine.op : null
  // its axes are an input since opset 13, those of the others since 18
  if (op === 'add') return b.node('ReduceSum', [x, b.whole(axes)], shape, { keepdims: 1 })
  const found = op === null ? undefined : reductions[op]
  if (found === undefined) throw new NotInOnnx(`ONNX has no reduction like "${name}"`)
  return b.node(found, [x], shape, { axes, keepdims: 1 })
}

const contracted = (b: Builder, x: Value, y: Value, { batch, sum }: ContractSpec, shape: Shape): Value => {
  const side = (v: Value, own: 0 | 1) => {
    const [batches, sums] = [batch.map((pair) => pair[own]), sum.map((pair) => pair[own])]
    const free = range(v.shape.length).filter((i) => !batches.includes(i) && !sums.includes(i))
    const sizes = (axes: readonly number[]): number => size(axes.map((i) => sizeAt(v.shape, i)))
    return { batches, sums, free, sizes }
  }
  const [a, c] = [side(x, 0), side(y, 1)]
  const groups = batch.length === 0 ? [] : [a.sizes(a.batches)]
  const left = reshaped(b, transposed(b, x, [...a.batches, ...a.free, ...a.sums]), [
    ...groups,
    a.sizes(a.free),
    a.sizes(a.sums),
  ])
  const right = reshaped(b, transposed(b, y, [...c.batches, ...c.sums, ...c.free]), [
    ...groups,
    c.sizes(c.sums),
    c.sizes(c.free),
  ])
  const product = b.node('MatMul', [left, right], [...groups, a.sizes(a.free), c.sizes(c.free)])
  return reshaped(b, product, shape)
}

/** A convolution, of images with their channels last; null where ONNX has no such convolution. */
const convolved = (b: Builder, node: Tensor, inputs: () => readonly Value[]): Value | null => {
  const conv = convPrimitive.match(node)
  if (conv === null) return null
  const { stride, dilation, lhsDilation, low, high } = conv.attributes
  if (lhsDilation.some((n) => n !== 1) || [...low, ...high].some((n) => n < 0)) return null
  const rank = stride.length
  const [x, w] = [at(inputs(), 0), at(inputs(), 1)]
  const first = [0, rank + 1, ...range(rank, 1)]
  const y = b.node(
    'Conv',
    [transposed(b, x, first), transposed(b, w, [rank + 1, rank, ...range(rank)])],
    first.map((axis) => sizeAt(node.shape, axis)),
    { strides: stride, dilations: dilation, pads: [...low, ...high] },
  )
  return transposed(b, y, inverseOrder(first))
}

/** Softmax along one axis; null for any other node. */
const softmaxed = (b: Builder, node: Tensor, inputs: () => readonly Value[]): Value | null => {
  const axes = softmaxPrimitive.match(node)?.attributes.axes
  const [axis, ...others] = axes ?? []
  return axis === undefined || others.length > 0 ? null : b.node('Softmax', [at(inputs(), 0)], node.shape, { axis })
}

/** Values by node, and what makes a node of those before it. */
const exporter = (b: Builder, known: Known) => {
  const values = new Map<Tensor, Value>()
  const constants = new Map<string, Value>()
  const parameter = (node: Tensor): Value | null => {
    const found = known(node)
    if (found === null) return null
    const value = constants.get(found.name) ?? b.constant(found)
    constants.set(found.name, value)
    return value
  }
  const there = (node: Tensor): Value => {
    const found = values.get(node) ?? parameter(node)
    if (found === null) throw new RangeError(`${node} has no value yet`)
    return found
  }
  const made = (node: Tensor): Value => {
    const inputs = (): readonly Value[] => node.inputs.map((x) => whole(b, there(x), x.shape))
    const single = convolved(b, node, inputs) ?? softmaxed(b, node, inputs)
    if (single !== null) return single
    // a repeated tensor is made where something needs it
    if (broadcastPrimitive.match(node) !== null) return there(at(node.inputs, 0))
    const lowering = node.rule.lower()
    switch (lowering.kind) {
      case 'input':
        return { name: lowering.name, shape: node.shape }
      case 'literal':
        return b.constant({ name: 'constant', shape: node.shape, values: () => lowering.data })
      case 'map':
        return expressed(b, lowering.expression, node.inputs.map(there))
      case 'reduce':
        return reduced(b, at(inputs(), 0), lowering.fold, lowering.axes, node.shape)
      case 'view':
        return viewed(b, node, at(inputs(), 0), lowering.view)
      case 'place':
        return placed(b, inputs(), lowering, node.shape)
      case 'contract':
        return contracted(b, at(inputs(), 0), at(inputs(), 1), lowering.spec, node.shape)
      case 'expand':
        return make(lowering.into)
    }
  }
  const make = (output: Tensor): Value => {
    for (const node of topological([output], (x) => values.has(x) || known(x) !== null)) values.set(node, made(node))
    return there(output)
  }
  return make
}

const portOf = (node: Tensor): Port => {
  const lowering = node.rule.lower()
  if (lowering.kind !== 'input') throw new RangeError(`${node} is no input`)
  return { name: lowering.name, shape: node.shape }
}

/** Inputs of a graph, which `known` nodes are not. */
const inputsOf = (outputs: readonly Tensor[], known: Known): readonly Port[] =>
  topological(outputs, (x) => known(x) !== null).flatMap((x) => (x.rule.lower().kind === 'input' ? [portOf(x)] : []))

/** The graph that computes some outputs by name; a Left of one sentence where ONNX has no operation for one of theirs. */
export const exportGraph = (
  outputs: Readonly<Record<string, Tensor>>,
  known: Known = () => null,
): E.Either<string, OnnxGraph> => {
  const all = Object.entries(outputs)
  try {
    const inputs = inputsOf(Object.values(outputs), known)
    const b = builder([...inputs.map(({ name }) => name), ...all.map(([name]) => name)])
    const make = exporter(b, known)
    const values = all.map(([name, node]) => ({ name, shape: node.shape, value: whole(b, make(node), node.shape) }))
    const { nodes, initialisers } = b.made()
    const named = values.map(({ name, value }) => ({
      op: 'Identity',
      inputs: [value.name],
      output: name,
      attributes: {},
    }))
    return E.right({
      inputs,
      outputs: values.map(({ name, shape }) => ({ name, shape })),
      nodes: [...nodes, ...named],
      initialisers,
    })
  } catch (error) {
    if (error instanceof NotInOnnx) return E.left(error.message)
    throw error
  }
}
