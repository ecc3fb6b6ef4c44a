/** Random programs with state: next states that read several states, and outputs that read the old ones. */
import fc from 'fast-check'
import type { Program, Tensors } from '../src/plan/program.ts'
import * as T from '../src/tensor/ops.ts'
import { size } from '../src/tensor/shape.ts'
import { print } from '../src/transform/print.ts'
import { type Choice, choice, grow, like, pick } from './graphs.ts'

export interface RandomProgram extends Program {
  readonly inputs: readonly T.Tensor[]
  readonly outputs: Tensors
  readonly state: Tensors
  readonly shapes: Readonly<Record<string, readonly number[]>>
  /** Numbers for a name, another list for every `turn`. */
  readonly values: (name: string, turn: number) => Float64Array
  /** Counterexamples print as graphs. */
  readonly [fc.toStringMethod]: () => string
}

type Inputs = readonly [T.Tensor, ...T.Tensor[]]

/** A next state of `old`, of its shape and of numbers no larger than 2. */
const nextOf = (old: T.Tensor, { op, left, right }: Choice, nodes: Inputs, states: Inputs): T.Tensor => {
  const [node, other] = [T.tanh(like(old, pick(nodes, nodes.length - 1 - (left % 6)))), pick(states, right)]
  const ways: readonly [T.Tensor, ...T.Tensor[]] = [
    T.mul(old, 0.5),
    T.mul(T.add(old, node), 0.5),
    T.mul(T.add(like(old, other), node), 0.5),
    like(old, other),
    node,
    T.flip([0])(old),
    T.full(0.25, old.shape),
  ]
  return pick(ways, op)
}

/** What an output makes of an old state: it needs it whole, by rows, or in another order. */
const readOf = (old: T.Tensor, { op }: Choice): T.Tensor =>
  pick<T.Tensor>(
    [T.sum(0, { keep: true })(old), T.mul(old, 3), T.transpose([1, 0])(old), old, T.max(0, { keep: true })(old)],
    op,
  )

const build = (choices: readonly Choice[], ends: readonly Choice[], numbers: readonly number[]): RandomProgram => {
  const shapes = { p: [16, 3], q: [16, 3], r: [16, 3], x: [16, 3] }
  const states: Inputs = [T.input('p', shapes.p), T.input('q', shapes.q), T.input('r', shapes.r)]
  const x = T.input('x', shapes.x)
  const nodes = grow([...states, x], choices)
  const end = (i: number): Choice => ends[i] ?? { op: 0, left: 0, right: 0, detail: 0 }
  const [p, q, r] = states.map((s, i) => nextOf(s, end(i), nodes, states))
  const state = { ...(p && { p }), ...(q && { q }), ...(r && { r }) }
  const read = readOf(pick(states, end(3).left), end(3))
  const last = nodes.slice(-2).map((node, i) => [`out${i}`, node] as const)
  const outputs = { read, ...Object.fromEntries(last) }
  const sizes: Readonly<Record<string, readonly number[]>> = shapes
  return {
    inputs: [...states, x],
    shapes,
    outputs,
    state,
    values: (name, turn) =>
      Float64Array.from({ length: size(sizes[name] ?? []) }, (_, i) =>
        Math.fround(numbers[(i + 5 * turn + 7 * name.charCodeAt(0)) % numbers.length] ?? 0),
      ),
    [fc.toStringMethod]: () =>
      `\n${print({ ...outputs, ...Object.fromEntries(Object.entries(state).map(([name, node]) => [`${name}.next`, node])) })}\n`,
  }
}

export const randomProgram = (most = 8): fc.Arbitrary<RandomProgram> =>
  fc
    .tuple(
      fc.array(choice, { maxLength: most }),
      fc.array(choice, { minLength: 4, maxLength: 4 }),
      fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 13, maxLength: 13 }),
    )
    .map(([choices, ends, numbers]) => build(choices, ends, numbers))
