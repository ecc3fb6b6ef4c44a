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
const sizeAlong = (x: T.Tensor, axis: number): number => x.shape.at(axis) ?? 1

type Constants = readonly [number, ...number[]]

/** Numbers that rewrites know: identities, what absorbs, what two constants make. */
export const finiteConstants: Constants = [0, 1, -0, 2, -1, 0.5]
/** Numbers that only IEEE arithmetic knows. */
export const allConstants: Constants = [
  ...finiteConstants,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
]

/** Away from ties, where rounding decides. */
const nearly = (y: T.Tensor): T.Tensor => T.add(y, 0.0123456789)

const arithmetic: readonly [Operation, ...Operation[]] = [
  (x, y) => T.add(x, like(x, y)),
  (x, y) => T.sub(x, like(x, y)),
  (x, y) => T.mul(x, like(x, y)),
  (x, y) => T.div(x, T.add(T.square(like(x, y)), 1)),
  (x, y) => T.maximum(x, like(x, y)),
  (x, y) => T.minimum(like(x, y), x),
  (x, y) => T.ge(x, nearly(like(x, y))),
  (x, y) => T.where(T.lt(nearly(x), like(x, y)), x, like(x, y)),
  (x) => T.tanh(x),
  (x) => T.sigmoid(x),
  (x) => T.silu(x),
  (x) => T.gelu(x),
  (x) => T.exp(T.neg(T.abs(x))),
  (x) => T.log(T.add(T.abs(x), 1)),
  (x) => T.sqrt(T.add(T.abs(x), 1)),
]

const constantsMeet = (constants: Constants): readonly Operation[] => [
  (x, _, d) => T.full(pick(constants, d), x.shape),
  (x, _, d) => T.add(pick(constants, d), x),
  (x, _, d) => T.sub(x, pick(constants, d)),
  (x, _, d) => T.sub(pick(constants, d), x),
  (x, _, d) => T.mul(x, pick(constants, d)),
  (x, _, d) => T.mul(T.mul(x, pick(constants, d)), pick(constants, Math.floor(d / constants.length))),
  (x, _, d) => T.maximum(T.minimum(x, pick(constants, d)), pick(constants, Math.floor(d / constants.length))),
  // what one axis has of it, so that folds of constants leave others alone
  (x, _, d) => T.sum(axisOf(x, d), { keep: true })(T.full(pick(constants, d), x.shape)),
]

const reductions: readonly Operation[] = [
  (x, _, d) => T.sum(axisOf(x, d), { keep: true })(x),
  (x) => T.mean(x.shape.flatMap((_, i) => (i % 2 === 0 ? [i] : [])))(x),
  (x, _, d) => T.max(axisOf(x, d), { keep: true })(x),
  (x, _, d) => T.min(axisOf(x, d))(x),
  (x) => T.softmax(x.shape.length - 1)(x),
  (x) => T.normalise([x.shape.length - 1], 1e-2)(x),
  (x) => (x.shape.length < 2 ? x : T.groupNormalise(sizeAlong(x, -1) % 2 === 0 ? 2 : 1, 1e-2)(x)),
]

/** Elements from..n of one axis, or all of it where it is too short. */
const from = (x: T.Tensor, axis: number, first: number): T.Tensor =>
  sizeAlong(x, axis) > first ? T.take(axis, first, sizeAlong(x, axis))(x) : x

const boxAt = (x: T.Tensor, start: number, step = 1) => ({
  start: x.shape.map(() => start),
  step: x.shape.map(() => step),
})
const grown = (x: T.Tensor, factor: number, by: number): readonly number[] => x.shape.map((n) => factor * n + by)

const movements: readonly Operation[] = [
  (x, _, d) => T.broadcast([2 + (d % 2), ...x.shape])(x),
  (x) => T.reshape([size(x.shape)])(x),
  (x) => T.reshape([1, ...x.shape.toReversed()])(x),
  (x, _, d) => T.transpose(rotate(x, d))(x),
  (x, _, d) => T.flip([axisOf(x, d)])(x),
  (x, _, d) => T.take(axisOf(x, d), 0, Math.max(1, sizeAlong(x, axisOf(x, d)) - 1))(x),
  (x, _, d) => from(x, axisOf(x, d), 1 + (d % 2)),
  // two reads of one buffer that differ in their offset alone
  (x, _, d) => {
    const [axis, n] = [axisOf(x, d), sizeAlong(x, axisOf(x, d))]
    return n < 2 ? x : T.sub(T.take(axis, 1, n)(x), T.tanh(T.take(axis, 0, n - 1)(x)))
  },
  (x, _, d) => {
    const [start, step] = [d % 2, 2 + (d % 2)]
    const fits = x.shape.every((n) => n > start)
    const counts = x.shape.map((n) => 1 + Math.floor((n - 1 - start) / step))
    return fits ? T.slice({ ...boxAt(x, start, step), size: counts })(x) : x
  },
  (x, y, d) => T.concat(axisOf(x, d))([x, T.tanh(like(x, y))]),
  (x, y) => T.concat(0)([like(x, y), x, x]),
  (x, _, d) => T.place(grown(x, 2, 1), [boxAt(x, d % 2, 2)], [x]),
  // two boxes that have elements in common, one or many, or none
  (x, y, d) =>
    T.add(
      T.place(grown(x, 2, 0), [boxAt(x, 0)], [x]),
      T.place(grown(x, 2, 0), [{ ...boxAt(x, 0), start: x.shape.map((n) => Math.max(0, n - (d % 3))) }], [like(x, y)]),
    ),
  (x, y, d) =>
    T.add(
      T.place(grown(x, 2, 2), [boxAt(x, 0, 2)], [x]),
      T.place(grown(x, 2, 2), [boxAt(x, 1 + (d % 2), 1)], [like(x, y)]),
    ),
  (x, _, d) =>
    sizeAlong(x, axisOf(x, d)) < 2
      ? x
      : T.windows({ axes: [axisOf(x, d)], size: [2], stride: [1 + (d % 2)], dilation: [1] })(x),
]

/** The last two axes exchanged. */
const turned = (x: T.Tensor): T.Tensor => T.transpose([...x.shape.keys()].slice(0, -2).concat(-1, -2))(x)

const products: readonly Operation[] = [
  (x, y) => T.contract({ sum: x.shape.map((_, i): [number, number] => [i, i]) })(x, like(x, y)),
  (x, y, d) => T.contract({ batch: [[axisOf(x, d), axisOf(x, d)]], sum: [] })(x, like(x, y)),
  (x, y) => T.contract({ sum: [[0, 0]] })(x, like(x, y)),
  (x, y) => (x.shape.length < 2 ? x : T.matmul(x, turned(like(x, y)))),
]

type Steps = readonly [Operation, ...Operation[]]
const stepsWith = (constants: Constants): Steps => [
  ...arithmetic,
  ...constantsMeet(constants),
  ...reductions,
  ...movements,
  ...products,
]
const finiteSteps = stepsWith(finiteConstants)
const allSteps = stepsWith(allConstants)

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
  steps: Steps = finiteSteps,
): readonly [T.Tensor, ...T.Tensor[]] => {
  const nodes: [T.Tensor, ...T.Tensor[]] = [...inputs]
  for (const { op, left, right, detail } of choices) {
    const node = pick(steps, op)(pick(nodes, nodes.length - 1 - (left % 4)), pick(nodes, right), detail)
    if (bounded(node)) nodes.push(node)
  }
  return nodes
}

const build = (choices: readonly Choice[], numbers: readonly number[], steps: Steps): RandomGraph => {
  const shapes = { a: [8, 3], b: [8, 2, 2], c: [4] }
  const inputs: readonly [T.Tensor, ...T.Tensor[]] = [
    T.input('a', shapes.a),
    T.input('b', shapes.b),
    T.input('c', shapes.c),
  ]
  const nodes = grow(inputs, choices, steps)
  const outputs = Object.fromEntries(nodes.slice(-3).map((node, i) => [`out${i}`, node]))
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], k) => [
      name,
      Float64Array.from({ length: size(shape) }, (_, i) => numbers[(i + 7 * k) % numbers.length] ?? 0),
    ]),
  )
  return { outputs, inputs, feeds, [fc.toStringMethod]: () => `\n${print(outputs)}\n` }
}

const graphsOf = (most: number, steps: Steps): fc.Arbitrary<RandomGraph> =>
  fc
    .tuple(
      fc.array(choice, { minLength: 1, maxLength: most }),
      fc.array(evenly(-2, 2), { minLength: 13, maxLength: 13 }),
    )
    .map(([choices, numbers]) => build(choices, numbers, steps))

/** Graphs of finite numbers. */
export const randomGraph = (most = 14): fc.Arbitrary<RandomGraph> => graphsOf(most, finiteSteps)

/** Graphs with infinities and NaN among their constants, for whatever keeps to IEEE arithmetic. */
export const randomIeeeGraph = (most = 14): fc.Arbitrary<RandomGraph> => graphsOf(most, allSteps)
