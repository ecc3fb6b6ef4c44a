/** Random graphs for the laws of the engine: every primitive, shared nodes, views of views, several outputs. */
import fc from 'fast-check'
import * as T from '../src/tensor/ops.ts'
import { size } from '../src/tensor/shape.ts'
import { print } from '../src/transform/print.ts'
import { evenly } from './evenly.ts'

/** A list of numbers, consumed one after another, determines the graph, so that shrinking removes nodes. */
export interface Choice {
  readonly op: number
  readonly left: number
  readonly right: number
  readonly detail: number
}

export const choice: fc.Arbitrary<Choice> = fc.record({
  op: fc.nat(999),
  left: fc.nat(999),
  right: fc.nat(999),
  detail: fc.nat(999),
})

export const pick = <A>(list: readonly [A, ...A[]], n: number): A => list[n % list.length] ?? list[0]

const rotate = (x: T.Tensor, by: number): readonly number[] =>
  x.shape.map((_, i) => (i + by) % Math.max(1, x.shape.length))

type Operation = (x: T.Tensor, y: T.Tensor, detail: number) => T.Tensor

/** y, averaged and broadcast to x's shape, so that any two tensors can be combined. */
export const like = (x: T.Tensor, y: T.Tensor): T.Tensor =>
  y.shape.join() === x.shape.join() ? y : T.broadcast(x.shape)(T.mean(y))

const axisOf = (x: T.Tensor, detail: number): number => detail % Math.max(1, x.shape.length)

const steps: readonly [Operation, ...Operation[]] = [
  (x, y) => T.add(x, like(x, y)),
  (x, y) => T.sub(x, like(x, y)),
  (x, y) => T.mul(x, like(x, y)),
  (x, y) => T.div(x, T.add(T.square(like(x, y)), 1)),
  (x, y) => T.maximum(x, like(x, y)),
  // away from ties, where rounding decides
  (x, y) => T.ge(x, T.add(like(x, y), 0.0123456789)),
  (x) => T.tanh(x),
  (x) => T.sigmoid(x),
  (x) => T.exp(T.neg(T.abs(x))),
  (x) => T.sqrt(T.add(T.abs(x), 1)),
  (x, _, d) => T.sum(axisOf(x, d), { keep: true })(x),
  (x) => T.mean(x.shape.flatMap((_, i) => (i % 2 === 0 ? [i] : [])))(x),
  (x, _, d) => T.max(axisOf(x, d), { keep: true })(x),
  (x, _, d) => T.broadcast([2 + (d % 2), ...x.shape])(x),
  (x) => T.reshape([size(x.shape)])(x),
  (x) => T.reshape([1, ...x.shape.toReversed()])(x),
  (x, _, d) => T.transpose(rotate(x, d))(x),
  (x, _, d) => T.flip([axisOf(x, d)])(x),
  (x, _, d) => T.take(axisOf(x, d), 0, Math.max(1, (x.shape[axisOf(x, d)] ?? 1) - 1))(x),
  (x, y, d) => T.concat(axisOf(x, d))([x, T.tanh(like(x, y))]),
  (x, y) => T.concat(0)([like(x, y), x, x]),
  (x, _, d) =>
    T.place(
      x.shape.map((n) => 2 * n + 1),
      [{ start: x.shape.map(() => d % 2), step: x.shape.map(() => 2) }],
      [x],
    ),
  (x, _, d) =>
    (x.shape[axisOf(x, d)] ?? 0) < 2
      ? x
      : T.windows({ axes: [axisOf(x, d)], size: [2], stride: [1], dilation: [1] })(x),
  (x, y) => T.contract({ sum: x.shape.map((_, i): [number, number] => [i, i]) })(x, like(x, y)),
  (x, y, d) => T.contract({ batch: [[axisOf(x, d), axisOf(x, d)]], sum: [] })(x, like(x, y)),
  (x, y) => T.contract({ sum: [[0, 0]] })(x, like(x, y)),
  (x) => T.softmax(x.shape.length - 1)(x),
  (x) => T.normalise([x.shape.length - 1], 1e-2)(x),
]

const bounded = (x: T.Tensor): boolean => x.shape.length >= 1 && x.shape.length <= 5 && size(x.shape) <= 800

export interface RandomGraph {
  readonly outputs: Readonly<Record<string, T.Tensor>>
  /** All inputs, with a feed for each; outputs need not depend on all of them. */
  readonly inputs: readonly T.Tensor[]
  readonly feeds: Readonly<Record<string, Float64Array>>
  /** Counterexamples print as graphs. */
  readonly [fc.toStringMethod]: () => string
}

/** Inputs, and a node for every choice that stays small. */
export const grow = (
  inputs: readonly [T.Tensor, ...T.Tensor[]],
  choices: readonly Choice[],
): readonly [T.Tensor, ...T.Tensor[]] => {
  const nodes: [T.Tensor, ...T.Tensor[]] = [...inputs]
  for (const { op, left, right, detail } of choices) {
    const node = pick(steps, op)(pick(nodes, nodes.length - 1 - (left % 4)), pick(nodes, right), detail)
    if (bounded(node)) nodes.push(node)
  }
  return nodes
}

const build = (choices: readonly Choice[], numbers: readonly number[]): RandomGraph => {
  const shapes = { a: [8, 3], b: [8, 2, 2], c: [4] }
  const inputs: readonly [T.Tensor, ...T.Tensor[]] = [
    T.input('a', shapes.a),
    T.input('b', shapes.b),
    T.input('c', shapes.c),
  ]
  const nodes = grow(inputs, choices)
  const outputs = Object.fromEntries(nodes.slice(-3).map((node, i) => [`out${i}`, node]))
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], k) => [
      name,
      Float64Array.from({ length: size(shape) }, (_, i) => numbers[(i + 7 * k) % numbers.length] ?? 0),
    ]),
  )
  return { outputs, inputs, feeds, [fc.toStringMethod]: () => `\n${print(outputs)}\n` }
}

export const randomGraph = (most = 14): fc.Arbitrary<RandomGraph> =>
  fc
    .tuple(
      fc.array(choice, { minLength: 1, maxLength: most }),
      fc.array(evenly(-2, 2), { minLength: 13, maxLength: 13 }),
    )
    .map(([choices, numbers]) => build(choices, numbers))
