/**
 * Laws of long float32 sums: the error grows with the logarithm of the number of terms, not with their number. Terms have
 * one sign, and are often equal, so that every rounding has the same sign.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { wasm, wasmBackend } from '../backends/wasm/index.ts'
import { formsToTry } from '../spec/backends/wasm/products.ts'
import { evaluate } from '../src/lower/compile.ts'
import type { Backend, Named } from '../src/plan/backend.ts'
import { key, uniform } from '../src/random/key.ts'
import {
  contract,
  full,
  input,
  mean,
  normalise,
  reshape,
  softmax,
  square,
  sum,
  type Tensor,
} from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'

/** Half an ulp of 1. */
const rounding = 2 ** -24
/** Three times the worst-case error of pairwise summation. */
const byPairs = (terms: number): number => 3 * rounding * (1 + Math.log2(terms))
/** A product adds up to 1536 terms one by one; with equal terms, each rounding is a quarter of the worst on average. */
const byBlocks = (terms: number): number => byPairs(terms) + (rounding * Math.min(terms, 1536)) / 4

/** From 1 to 2^16, more long ones than short ones. */
const terms = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 300, max: 2 ** 12 }),
  fc.integer({ min: 2 ** 12, max: 2 ** 16 }),
)

interface Numbers {
  readonly alike: boolean
  readonly value: number
  readonly seed: number
}
const numbers: fc.Arbitrary<Numbers> = fc.record({
  alike: fc.boolean(),
  value: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
  seed: fc.nat(1 << 30),
})
const draw = ({ alike, value, seed }: Numbers, count: number): Float32Array =>
  alike
    ? new Float32Array(count).fill(value)
    : Float32Array.from(uniform(key(seed), count), (u) => value * (1.5 + u / 2))

interface Case {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly feeds: Named
  readonly bound: number
}

/** The names of some cases' inputs and outputs, told apart by a number. */
const named = <A>(at: number, list: Readonly<Record<string, A>>): Readonly<Record<string, A>> =>
  Object.fromEntries(Object.entries(list).map(([name, a]) => [`${name}${at}`, a]))

const together = (cases: readonly Case[]) => ({
  outputs: Object.assign({}, ...cases.map((c, at) => named(at, c.outputs))),
  feeds: Object.assign({}, ...cases.map((c, at) => named(at, c.feeds))),
})

/** Every case in one plan: the relative difference of each result from `cpu`'s is within the bound of its case. */
const near = async (backend: Backend, cases: readonly Case[]): Promise<void> => {
  const { outputs, feeds } = together(cases)
  const [found, exact] = [await evaluate(backend)(outputs, feeds), await evaluate(cpu)(outputs, feeds)]
  cases.forEach((c, at) => {
    for (const name of Object.keys(named(at, c.outputs)))
      exact[name]?.forEach((x, i) => {
        const by = Math.abs((found[name]?.[i] ?? Number.NaN) - x) / Math.abs(x)
        if (!(by <= c.bound)) throw new Error(`${name}: off by ${by / rounding} roundings, not ${c.bound / rounding}`)
      })
  })
}

const size = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1)

/** A case takes its place among others, after which its inputs are named. */
type Make = (at: number) => Case

/** Position of the summed axis: alone, innermost, outermost, in the middle. */
const places: readonly ((n: number) => readonly number[])[] = [
  (n) => [1, n, 1],
  (n) => [3, n, 1],
  (n) => [1, n, 5],
  (n) => [2, n, 3],
]

const axis = fc.tuple(terms, fc.constantFrom(...places), numbers).map(
  ([n, place, xs]): Make =>
    (at) => {
      const x = input(`x${at}`, place(n))
      return {
        outputs: { sum: sum([1])(x), mean: mean([1])(x), norm: sum([1])(square(x)) },
        feeds: { x: draw(xs, size(x.shape)) },
        bound: byPairs(n),
      }
    },
)

const axes = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 3 }), fc.constantFrom(1, 5), numbers)
  .map(
    ([summed, kept, xs]): Make =>
      (at) => {
        const x = input(`x${at}`, [...summed, kept])
        const bound = byPairs(size(summed))
        return { outputs: { sum: sum(summed.map((_, i) => i))(x) }, feeds: { x: draw(xs, size(x.shape)) }, bound }
      },
  )

/** 1, within what a softmax, or the variance of a layer norm, may differ from it. */
const ones = fc.tuple(terms, numbers).map(
  ([n, xs]): Make =>
    (at) => {
      const x = input(`x${at}`, [n + 1])
      const spread = { ...xs, alike: false, value: Math.min(xs.value, 10) }
      return {
        outputs: { softmax: sum(softmax(0)(x)), variance: mean(square(normalise([0], 0)(x))) },
        feeds: { x: draw(spread, n + 1) },
        bound: 2 * byPairs(n + 1),
      }
    },
)

const products = fc
  .tuple(terms, fc.constantFrom<readonly [number, number]>([1, 1], [2, 3], [5, 7], [30, 17]), numbers, numbers)
  .map(
    ([k, [m, n], xs, ys]): Make =>
      (at) => {
        const [x, y] = [input(`x${at}`, [k, m]), input(`y${at}`, [k, n])]
        const weight = full(1, [m, 2])
        const [gradient = weight] = vjp(contract({ sum: [[1, 0]] })(x, weight), input(`dy${at}`, [k, 2]), [weight])
        return {
          outputs: {
            product: contract({ sum: [[0, 0]] })(x, y),
            rows: contract({ sum: [[1, 0]] })(reshape([m, k])(x), y),
            gradient,
          },
          feeds: { x: draw(xs, k * m), y: draw(ys, k * n), dy: draw(ys, 2 * k) },
          bound: byBlocks(k),
        }
      },
  )

const several = (make: fc.Arbitrary<Make>, count: number): fc.Arbitrary<readonly Case[]> =>
  fc.array(make, { minLength: count, maxLength: count }).map((list) => list.map((m, at) => m(at)))

t.test('sums, means, norms, softmax and layer norms are as accurate as pairwise summation', () =>
  fc.assert(
    fc.asyncProperty(several(fc.oneof({ weight: 4, arbitrary: axis }, axes, ones), 24), (cases) => near(wasm, cases)),
    { numRuns: 3, endOnFailure: true },
  ),
)

for (const { name, skip } of await formsToTry())
  t.test(`products and weight gradients are nearly as accurate (${name})`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(several(products, 5), (cases) => near(wasmBackend({ kernel: name }), cases)),
      { numRuns: 2, endOnFailure: true },
    ),
  )
