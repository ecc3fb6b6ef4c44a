/**
 * Laws of wasm's exp, log, tanh, sigmoid and sqrt over all of float32: arguments are random bit patterns, so that every
 * exponent is equally likely. Errors against float64 are measured in ulps; results below the smallest normal number may
 * be 0.
 */
import fc from 'fast-check'
import t from 'tap'
import { wasmBackend } from '../backends/wasm/index.ts'
import { formsToTry } from '../spec/backends/wasm/products.ts'
import { evaluate } from '../src/lower/compile.ts'
import { key, uniform } from '../src/random/key.ts'
import { abs, exp, input, log, neg, sigmoid, sqrt, type Tensor, tanh } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'

interface Row {
  readonly f: (x: Tensor) => Tensor
  readonly exact: (x: number) => number
  /** Allowed error in ulps. */
  readonly within: number
}

const rows: Readonly<Record<string, Row>> = {
  exp: { f: exp, exact: Math.exp, within: 1.5 },
  log: { f: log, exact: Math.log, within: 1.5 },
  tanh: { f: tanh, exact: Math.tanh, within: 6 },
  sigmoid: { f: sigmoid, exact: (x) => 1 / (1 + Math.exp(-x)), within: 3 },
  sqrt: { f: sqrt, exact: Math.sqrt, within: 0.5 },
  abs: { f: abs, exact: Math.abs, within: 0 },
  neg: { f: neg, exact: (x) => -x, within: 0 },
}

const [smallestNormal, largest] = [2 ** -126, 2 ** 128 - 2 ** 104]
/** The distance from a float32 to the next larger one. */
const unit = (y: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(y)))) - 23)

const holds = (y: number, exact: number, within: number): boolean => {
  if (Number.isNaN(exact)) return Number.isNaN(y)
  if (Math.abs(Math.fround(exact)) > largest) return y === Math.fround(exact)
  if (Math.abs(exact) < smallestNormal) return Math.abs(y - exact) <= smallestNormal
  return Math.abs(y - exact) <= within * unit(exact)
}

const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, largest, -largest]
/** 2000 random bit patterns, and 2000 near the functions' transitions and limits, from a seed. */
const drawn = (seed: number): Float32Array => {
  const parts = uniform(key(seed), 4000)
  const bits = Uint32Array.from(parts.subarray(0, 2000), (u) => Math.floor(u * 2 ** 32))
  return Float32Array.from([
    ...special,
    ...new Float32Array(bits.buffer),
    ...parts.subarray(2000).map((u) => 220 * u - 110),
  ])
}
const seeds = fc.nat(2 ** 30)

for (const { name: kernel, skip } of await formsToTry())
  t.test(`scalar functions agree with float64 to a few ulps, everywhere (${kernel})`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const xs = drawn(seed)
        const x = input('x', [xs.length])
        const outputs = Object.fromEntries(Object.entries(rows).map(([name, { f }]) => [name, f(x)]))
        const found = await evaluate(wasmBackend({ kernel }))(outputs, { x: xs })
        for (const [name, { exact, within }] of Object.entries(rows))
          found[name]?.forEach((y, i) => {
            const at = xs[i] ?? Number.NaN
            if (!holds(y, exact(at), within)) throw new Error(`${name}(${at}) is ${y}, not ${exact(at)}`)
          })
      }),
      { numRuns: 3, endOnFailure: true },
    ),
  )

for (const { name: kernel, skip } of await formsToTry())
  t.test(`tanh and sigmoid stay within their limits; far out tanh is 1 and its slope 0 (${kernel})`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const xs = drawn(seed).filter((x) => !Number.isNaN(x))
        const x = input('x', [xs.length])
        const y = tanh(x)
        const [slope = y] = vjp(y, input('dy', y.shape), [x])
        const feeds = { x: xs, dy: new Float32Array(xs.length).fill(1) }
        const found = await evaluate(wasmBackend({ kernel }))({ y, slope, gate: sigmoid(x) }, feeds)
        xs.forEach((v, i) => {
          const [a = Number.NaN, b = Number.NaN, c = Number.NaN] = [found.y?.[i], found.slope?.[i], found.gate?.[i]]
          const far = Math.abs(v) < 9.02 || (a === Math.sign(v) && b === 0)
          if (!(Math.abs(a) <= 1 && b >= 0 && b <= 1 && c >= 0 && c <= 1 && far))
            throw new Error(`at ${v} tanh is ${a}, its slope ${b}, sigmoid ${c}`)
        })
      }),
      { numRuns: 2, endOnFailure: true },
    ),
  )
