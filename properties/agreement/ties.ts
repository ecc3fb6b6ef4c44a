/**
 * Where numbers tie and where a function has a kink: what flows then is a matter of convention, documented in
 * docs/testing-a-layer.md, and the same on every backend, in first and second order.
 */
import { evaluate } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'
import { vjp } from '../../src/transform/grad.ts'
import { compare } from './agree.ts'
import type { Case } from './case.ts'

type Rows = readonly (readonly number[])[]

/** Values, the gradient of their sum after squaring, and the gradient of that one's sum, which sees all shares twice. */
interface Tie {
  readonly name: string
  readonly f: (...xs: readonly T.Tensor[]) => T.Tensor
  readonly inputs: Rows
  readonly y: readonly number[]
  /** Of sum(y), for every input. */
  readonly first: Rows
  /** Of sum(g^2), for every input, where g is the gradient of sum(y^2): 0 where y's own gradient is. */
  readonly second: Rows
}

const two =
  (f: (a: T.Tensor, b: T.Tensor) => T.Tensor): Tie['f'] =>
  (...[a, b]) => {
    if (a === undefined || b === undefined) throw new Error('two inputs are needed')
    return f(a, b)
  }
const one =
  (f: (a: T.Tensor) => T.Tensor): Tie['f'] =>
  (...[a]) => {
    if (a === undefined) throw new Error('one input is needed')
    return f(a)
  }

const ties: readonly Tie[] = [
  {
    name: 'maximum: half each',
    f: two(T.maximum),
    inputs: [
      [1, 2, -3, 0],
      [1, 3, -4, -0],
    ],
    y: [1, 3, -3, 0],
    first: [
      [0.5, 0, 1, 0.5],
      [0.5, 1, 0, 0.5],
    ],
    // g = 2 y s in both inputs, so sum(g^2) = 4 y^2 (s^2 + t^2) and its gradient is 8 y (s^2 + t^2) s
    second: [
      [2, 0, -24, 0],
      [2, 24, 0, 0],
    ],
  },
  {
    name: 'minimum: half each',
    f: two(T.minimum),
    inputs: [
      [1, 2, -3, 0],
      [1, 3, -4, -0],
    ],
    y: [1, 2, -4, 0],
    first: [
      [0.5, 1, 0, 0.5],
      [0.5, 0, 1, 0.5],
    ],
    second: [
      [2, 16, 0, 0],
      [2, 0, -32, 0],
    ],
  },
  {
    name: 'abs: 0 at 0',
    f: one(T.abs),
    inputs: [[-2, 0, -0, 3]],
    y: [2, 0, 0, 3],
    first: [[-1, 0, 0, 1]],
    second: [[-16, 0, 0, 24]],
  },
  {
    name: 'sign: 0 at 0, and no gradient anywhere',
    f: one(T.sign),
    inputs: [[-2, 0, -0, 3]],
    y: [-1, 0, 0, 1],
    first: [[0, 0, 0, 0]],
    second: [[0, 0, 0, 0]],
  },
  {
    name: 'max over an axis: equal shares',
    f: one((x) => T.max(1)(T.reshape([2, 4])(x))),
    inputs: [[5, 5, 1, 5, -7, -2, -2, -9]],
    y: [5, -2],
    first: [[1 / 3, 1 / 3, 0, 1 / 3, 0, 1 / 2, 1 / 2, 0]],
    // g = 2 y / k in k places, so sum(g^2) = 4 y^2 / k and its gradient is 8 y / k^2
    second: [[40 / 9, 40 / 9, 0, 40 / 9, 0, -4, -4, 0]],
  },
  {
    name: 'min over two axes: equal shares',
    f: one((x) => T.min([0, 2])(T.reshape([2, 2, 2])(x))),
    inputs: [[3, 3, 8, 9, 3, 4, 8, 8]],
    y: [3, 8],
    first: [[1 / 3, 1 / 3, 1 / 3, 0, 1 / 3, 0, 1 / 3, 1 / 3]],
    second: [[24 / 9, 24 / 9, 64 / 9, 0, 24 / 9, 0, 64 / 9, 64 / 9]],
  },
  {
    name: 'where: all of it to what was chosen',
    f: two((a, b) => T.where(a, b, T.neg(b))),
    inputs: [
      [1, 0, -0, -1],
      [2, 3, 4, 5],
    ],
    y: [2, -3, -4, 5],
    first: [
      [0, 0, 0, 0],
      [1, -1, -1, 1],
    ],
    second: [
      [0, 0, 0, 0],
      [16, 24, 32, 40],
    ],
  },
  {
    name: 'comparisons: no gradient',
    f: two((a, b) =>
      [T.lt, T.le, T.gt, T.ge, T.eq, T.ne].reduce((sum, f, i) => T.add(sum, T.mul(f(a, b), 2 ** i)), T.full(0, [3])),
    ),
    inputs: [
      [1, 2, -0],
      [2, 1, 0],
    ],
    y: [1 + 2 + 32, 4 + 8 + 32, 2 + 8 + 16],
    first: [
      [0, 0, 0],
      [0, 0, 0],
    ],
    second: [
      [0, 0, 0],
      [0, 0, 0],
    ],
  },
]

const gradients = (y: T.Tensor, wrt: readonly T.Tensor[]): readonly T.Tensor[] => vjp(y, T.full(1, y.shape), wrt)

export const tieCases: readonly Case[] = ties.map(({ name, f, inputs, y, first, second }) => ({
  name: `ties and kinks, ${name}`,
  run: async (backend) => {
    const xs = inputs.map((row, i) => T.input(`x${i}`, [row.length]))
    const value = f(...xs)
    const norms = gradients(T.square(value), xs).map((g) => T.sum(T.square(g)))
    const norm = norms.reduce((sum, n) => T.add(sum, n), T.full(0, []))
    const named = (what: string, list: readonly T.Tensor[]): Readonly<Record<string, T.Tensor>> =>
      Object.fromEntries(list.map((g, i) => [`${what} ${i}`, g]))
    const numbers = (what: string, rows: Rows): Readonly<Record<string, Float64Array>> =>
      Object.fromEntries(rows.map((row, i) => [`${what} ${i}`, Float64Array.from(row)]))
    const found = await evaluate(backend)(
      { y: value, ...named('first', gradients(value, xs)), ...named('second', gradients(norm, xs)) },
      Object.fromEntries(inputs.map((row, i) => [`x${i}`, Float64Array.from(row)])),
      xs,
    )
    compare(found, { y: Float64Array.from(y), ...numbers('first', first), ...numbers('second', second) }, 1e-6)
  },
}))
