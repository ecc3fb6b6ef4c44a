/**
 * Laws of the products that the wasm backend computes in ways of its own: convolutions and their weight gradients by
 * Winograd's algorithm, and long products with both operands packed. Held to `cpu`, in the same bits on any threads.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { forms, type KernelName } from '../backends/wasm/features.ts'
import { wasmBackend } from '../backends/wasm/index.ts'
import type { Backend, Named } from '../src/lower/backend.ts'
import { evaluate } from '../src/lower/compile.ts'
import { contract, conv, input, reshape, type Tensor } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'

const names = Object.keys(forms) as readonly KernelName[]
const seeds = fc.integer({ min: 1, max: 1 << 30 })

/** Numbers of [-1, 1) that follow from a seed. */
const numbers = (seed: number, n: number): Float64Array => {
  let s = seed
  return Float64Array.from({ length: n }, () => {
    s = (Math.imul(s, 1103515245) + 12345) & 0x7fffffff
    return s / 0x40000000 - 1
  })
}

const magnitude = (xs: ArrayLike<number>): Float64Array => Float64Array.from(xs, Math.abs)
const largest = (xs: ArrayLike<number>): number => magnitude(xs).reduce((a, b) => Math.max(a, b), 0)

/** The greatest difference of two backends, each tensor in units of the largest sum of magnitudes behind an element. */
const distance = (a: Named, b: Named, scale: Named): number =>
  Math.max(
    ...Object.entries(a).map(([name, x]) => {
      const y = b[name] ?? new Float64Array()
      return largest(x.map((v, i) => v - (y[i] ?? Number.NaN))) / largest(scale[name] ?? [1])
    }),
  )

const same = (a: Named, b: Named): boolean =>
  Object.entries(a).every(([name, x]) => x.every((v, i) => Object.is(v, b[name]?.[i])))

const conv3x3 = conv({ stride: [1, 1], dilation: [1, 1], spread: [1, 1], low: [1, 1], high: [1, 1] })

interface Shape {
  readonly b: number
  readonly h: number
  readonly w: number
  readonly cin: number
  readonly cout: number
}

/** A convolution and both its gradients. */
const convolution = ({ b, h, w, cin, cout }: Shape): Readonly<Record<string, Tensor>> => {
  const [x, kernel, dy] = [input('x', [b, h, w, cin]), input('kernel', [3, 3, cin, cout]), input('dy', [b, h, w, cout])]
  const y = conv3x3(x, kernel)
  const [dx, dkernel] = vjp(y, dy, [x, kernel])
  return dx === undefined || dkernel === undefined ? {} : { y, dx, dkernel }
}

const sizes: fc.Arbitrary<Shape> = fc.record({
  b: fc.integer({ min: 1, max: 3 }),
  h: fc.constantFrom(4, 6, 8, 12),
  w: fc.constantFrom(4, 8, 10),
  cin: fc.constantFrom(16, 24, 32, 40),
  cout: fc.constantFrom(16, 32, 48, 20),
})

const one = (backend: Backend, threads: number, outputs: Readonly<Record<string, Tensor>>, feeds: Named) =>
  evaluate(backend, { threads })(outputs, feeds)

for (const kernel of names)
  t.test(`winograd (${kernel}): a convolution and both its gradients are cpu's`, async () => {
    const wasm = wasmBackend({ kernel })
    await fc.assert(
      fc.asyncProperty(sizes, seeds, async (shape, seed) => {
        const outputs = convolution(shape)
        const { b, h, w, cin, cout } = shape
        const feeds = {
          x: numbers(seed, b * h * w * cin),
          kernel: numbers(seed + 1, 9 * cin * cout),
          dy: numbers(seed + 2, b * h * w * cout),
        }
        const [exact, scale, fast, two] = [
          await one(cpu, 1, outputs, feeds),
          await one(cpu, 1, outputs, Object.fromEntries(Object.entries(feeds).map(([k, v]) => [k, magnitude(v)]))),
          await one(wasm, 1, outputs, feeds),
          await one(wasm, 2, outputs, feeds),
        ]
        return distance(exact, fast, scale) < 1e-6 && same(fast, two)
      }),
      { numRuns: 4 },
    )
  })

/** Whole numbers, whose sums float32 holds exactly in any order. */
const whole = (seed: number, n: number): Float64Array => numbers(seed, n).map((x) => Math.round(7 * x))

/** b products of [k, m] and [k, n]: how a weight's gradient lies; `split` takes m apart as heads do. */
const gradient = (b: number, m: number, n: number, k: number, split: boolean): Tensor => {
  const dy = input('dy', [b, k, n])
  if (!split) return contract({ batch: [[0, 0]], sum: [[1, 1]] })(input('x', [b, k, m]), dy)
  const x = reshape([b, 2, k, m / 2])(input('x', [b, k, m]))
  return contract({ batch: [[0, 0]], sum: [[2, 1]] })(x, dy)
}

for (const kernel of names)
  t.test(`long products (${kernel}): with both operands packed the sum is exact`, async () => {
    const wasm = wasmBackend({ kernel })
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          b: fc.constantFrom(1, 2, 9),
          m: fc.integer({ min: 12, max: 70 }).map((x) => 2 * x),
          n: fc.integer({ min: 1, max: 70 }),
          k: fc.integer({ min: 48, max: 600 }),
          split: fc.boolean(),
          seed: seeds,
        }),
        async ({ b, m, n, k, split, seed }) => {
          const outputs = { dw: gradient(b, m, n, k, split) }
          const feeds = { x: whole(seed, b * k * m), dy: whole(seed + 1, b * k * n) }
          const [exact, single, two] = [
            await one(cpu, 1, outputs, feeds),
            await one(wasm, 1, outputs, feeds),
            await one(wasm, 2, outputs, feeds),
          ]
          return distance(exact, single, { dw: Float64Array.of(1) }) === 0 && same(single, two)
        },
      ),
      { numRuns: 6 },
    )
  })
