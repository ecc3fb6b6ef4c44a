/** The matrix products of the models, each as a program of the engine and in the peers' form. */
import { contract, input, matmul, reshape, type Tensor, take } from '../src/tensor/ops.ts'
import type { Product } from './peers/library.ts'

export interface ProductCase {
  readonly name: string
  readonly gflop: number
  readonly output: Tensor
  readonly peer: Product
}

const gflop = (...sizes: readonly number[]): number => (2 * sizes.reduce((a, b) => a * b)) / 1e9
const a = (...shape: readonly number[]): Tensor => input('a', shape)
const b = (...shape: readonly number[]): Tensor => input('b', shape)

const linear = (m: number, k: number, n: number, name = 'linear'): ProductCase => ({
  name: `${name} ${m} x ${k} x ${n}`,
  gflop: gflop(m, k, n),
  output: matmul(a(m, k), b(k, n)),
  peer: { a: [m, k], b: [k, n], transpose: 'none' },
})

/** dx [m, k] = dy [m, n] w [k, n]' */
const inputGradient = (m: number, k: number, n: number): ProductCase => ({
  name: `  input gradient ${m} x ${n} x ${k}`,
  gflop: gflop(m, k, n),
  output: contract({ sum: [[1, 1]] })(a(m, n), b(k, n)),
  peer: { a: [m, n], b: [k, n], transpose: 'b' },
})

/** dw [k, n] = x [m, k]' dy [m, n] */
const weightGradient = (m: number, k: number, n: number): ProductCase => ({
  name: `  weight gradient ${k} x ${m} x ${n}`,
  gflop: gflop(m, k, n),
  output: contract({ sum: [[0, 0]] })(a(m, k), b(m, n)),
  peer: { a: [m, k], b: [m, n], transpose: 'a' },
})

/** Slice i of qkv [windows, tokens, 3, heads, d]. */
const part = (qkv: Tensor, i: number): Tensor => {
  const [w = 1, n = 1, _three, h = 1, d = 1] = qkv.shape
  return reshape([w, n, h, d])(take(2, i, i + 1)(qkv))
}

/** q k': queries and keys as slices of one qkv. */
const scores = (windows: number, tokens: number, heads: number, d: number): ProductCase => {
  const qkv = a(windows, tokens, 3, heads, d)
  const [q, k] = [part(qkv, 0), part(qkv, 1)]
  const pairs = { batch: [pair(0, 0), pair(2, 2)], sum: [pair(3, 3)] }
  return {
    name: `scores ${windows * heads} of ${tokens} x ${d} x ${tokens}`,
    gflop: gflop(windows, heads, tokens, tokens, d),
    output: contract(pairs)(q, k),
    peer: { a: [windows * heads, tokens, d], b: [windows * heads, tokens, d], transpose: 'b' },
  }
}
const pair = (i: number, j: number): readonly [number, number] => [i, j]

/** Scores times values, with values a slice of one qkv. */
const values = (windows: number, tokens: number, heads: number, d: number): ProductCase => {
  const v = part(b(windows, tokens, 3, heads, d), 2)
  const pairs = { batch: [pair(0, 0), pair(1, 2)], sum: [pair(3, 1)] }
  return {
    name: `values ${windows * heads} of ${tokens} x ${tokens} x ${d}`,
    gflop: gflop(windows, heads, tokens, tokens, d),
    output: contract(pairs)(a(windows, heads, tokens, tokens), v),
    peer: { a: [windows * heads, tokens, tokens], b: [windows * heads, tokens, d], transpose: 'none' },
  }
}

/** The case of the 512^3 goal. */
export const cube = 'square 512 x 512 x 512'

/** `image-s` has widths 64 and 128, windows of 16 tokens and 4 heads; `latent-s` width 192, 64 tokens and 6 heads. */
export const productCases: readonly ProductCase[] = [
  linear(512, 512, 512, 'square'),
  linear(16384, 64, 64, 'tall'),
  linear(64, 16384, 64, 'thin'),
  linear(16384, 64, 192),
  inputGradient(16384, 64, 192),
  weightGradient(16384, 64, 192),
  linear(16384, 64, 256),
  linear(16384, 256, 64),
  weightGradient(16384, 256, 64),
  linear(1024, 128, 512),
  linear(1024, 192, 768),
  weightGradient(1024, 192, 768),
  linear(256, 1152, 4608),
  scores(1024, 16, 4, 16),
  values(1024, 16, 4, 16),
  scores(64, 16, 4, 32),
  scores(16, 64, 6, 32),
]
