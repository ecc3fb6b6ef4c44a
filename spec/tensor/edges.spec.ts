/** Where the vocabulary has corners: ties, NaN, infinities, zeros, and how exact float32 is. */

import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import type { Outputs } from '../../src/plan/compiled.ts'
import { key, uniform } from '../../src/random/key.ts'
import * as T from '../../src/tensor/ops.ts'
import { vjp } from '../../src/transform/grad.ts'

const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN]

for (const backend of [cpu, wasm])
  t.test(`${backend.name}: ties, NaN and infinities`, async (t) => {
    const x = T.input('x', [2, 4])
    const rows = [
      [1, 5, 5, 0],
      [2, nan, 9, nan],
    ]
    const [odd, low, table] = [T.input('odd', [4]), T.input('low', [2, 2]), T.input('table', [3])]
    const found: Outputs = await evaluate(backend, { threads: 1 })(
      {
        first: T.argmax(1)(x),
        least: T.argmin(1)(x),
        whole: T.argmax(x),
        both: T.argmax([0, 1], { keep: true })(x),
        relu: T.relu(odd),
        clip: T.clip(-1, 1)(odd),
        logSumExp: T.logSumExp(1)(low),
        gather: T.gather(0, T.array([2, 0]))(table),
        pow: T.pow(T.array([0, 0, 0, -8]), T.array([0, 2, -1, 1 / 3])),
        maxPool: T.maxPool({ axes: [0], size: [2], padding: [1] })(T.array([-5, -6])),
      },
      {
        x: rows,
        odd: [nan, inf, -inf, -0.5],
        low: [
          [-inf, -inf],
          [inf, 1],
        ],
        table: [1, nan, 3],
      },
    )
    const expected: Readonly<Record<string, readonly number[]>> = {
      first: [1, 1],
      least: [3, 1],
      whole: [5],
      both: [5],
      relu: [nan, inf, 0, 0],
      clip: [nan, 1, -1, -0.5],
      logSumExp: [-inf, inf],
      gather: [3, 1],
      pow: [1, 0, inf, nan],
      maxPool: [-5, -6],
    }
    for (const [name, numbers] of Object.entries(expected)) t.same([...(found[name] ?? [])], numbers, name)
    t.same(found.both?.shape, [1, 1])
  })

for (const backend of [cpu, wasm])
  t.test(`${backend.name}: odd functions keep the sign of 0`, async (t) => {
    const x = T.input('x', [2])
    const odd = { sin: T.sin(x), erf: T.erf(x), log1p: T.log1p(x), expm1: T.expm1(x), cube: T.pow(x, 3) }
    const found: Outputs = await evaluate(backend, { threads: 1 })(odd, { x: [-0, 0] })
    for (const name of Object.keys(odd))
      t.ok(Object.is(found[name]?.[0], -0) && Object.is(found[name]?.[1], 0), `${name}: ${found[name]?.join()}`)
  })

t.test('gradients at zeros and on bounds', async (t) => {
  const x = T.input('x', [3])
  const slope = (y: T.Tensor, of = x): T.Tensor => vjp(y, T.full(1, y.shape), [of])[0] ?? T.full(nan, of.shape)
  const twice = (f: (x: T.Tensor) => T.Tensor): T.Tensor => slope(T.sum(slope(f(x))))
  const found: Outputs = await evaluate(cpu)(
    {
      clip: slope(T.clip(-1, 0)(x)),
      relu: slope(T.relu(x)),
      cube: slope(T.pow(x, 3)),
      cubeTwice: twice((a) => T.pow(a, 3)),
      square: slope(T.pow(x, T.array([2, 2, 2]))),
      squareTwice: twice((a) => T.pow(a, T.array([2, 2, 2]))),
      linear: slope(T.pow(x, T.array([1, 1, 1]))),
      linearTwice: twice((a) => T.pow(a, T.array([1, 1, 1]))),
      none: slope(T.pow(x, T.array([0, 0, 0]))),
      along: slope(T.pow(T.array([0, 0, 1]), T.sub(x, -2))),
      alongTwice: slope(T.sum(slope(T.pow(T.array([0, 0, 2]), x)))),
      prod: slope(T.prod(x)),
      prodTwice: twice((a) => T.prod(a)),
      argmax: slope(T.argmax(x)),
    },
    { x: [-1, 0, 2] },
  )
  const expected: Readonly<Record<string, readonly number[]>> = {
    clip: [1, 1, 0],
    relu: [0, 0, 1],
    cube: [3, 0, 12],
    cubeTwice: [-6, 0, 12],
    square: [-2, 0, 4],
    squareTwice: [2, 2, 2],
    linear: [1, 1, 1],
    linearTwice: [0, 0, 0],
    none: [0, 0, 0],
    along: [0, 0, 0],
    prod: [0, -2, 0],
    // d/dx_i of x1 x2 + x0 x2 + x0 x1
    prodTwice: [2, 1, -1],
    argmax: [0, 0, 0],
  }
  for (const [name, numbers] of Object.entries(expected))
    t.ok(
      numbers.every((n, i) => Math.abs(n - (found[name]?.[i] ?? nan)) < 1e-12),
      `${name}: ${found[name]}`,
    )
  const [zero, , two = nan] = found.alongTwice ?? []
  t.equal(zero, 0)
  t.ok(Math.abs(two - 4 * Math.LN2 ** 2) < 1e-12, 'd2/db2 2^b at b = 2')
})

t.test('in float32 scalars are as exact as they say, over all of the range that they name', async (t) => {
  const n = 2000
  const exact: Readonly<
    Record<string, readonly [f: (x: T.Tensor) => T.Tensor, low: number, high: number, by: number]>
  > = {
    sin: [T.sin, -4096, 4096, 2e-7],
    cos: [T.cos, -4096, 4096, 2e-7],
    erf: [T.erf, -5, 5, 2e-7],
    'erf near 0': [T.erf, -1e-3, 1e-3, 1e-10],
    log1p: [T.log1p, -0.9, 3, 3e-7],
    'log1p near 0': [T.log1p, -1e-3, 1e-3, 2e-10],
    expm1: [T.expm1, -3, 1, 3e-7],
    'expm1 near 0': [T.expm1, -1e-3, 1e-3, 2e-10],
    rsqrt: [T.rsqrt, 0.5, 9, 3e-7],
    pow: [(x) => T.pow(x, -1.7), 0.5, 9, 2e-6],
  }
  const cases = Object.entries(exact).map(([name, [f, low, high, by]], i) => ({
    name,
    by,
    y: f(T.input(name, [n])),
    x: uniform(key(i), n).map((u) => Math.fround(low + (high - low) * u)),
  }))
  const outputs = Object.fromEntries(cases.map((c) => [`f ${c.name}`, c.y]))
  const feeds = Object.fromEntries(cases.map((c) => [c.name, c.x]))
  const [found, expected] = [await evaluate(wasm, { threads: 1 })(outputs, feeds), await evaluate(cpu)(outputs, feeds)]
  for (const { name, by } of cases) {
    const [a = [], b = []] = [found[`f ${name}`], expected[`f ${name}`]]
    const worst = Array.from(b).reduce((most, v, i) => Math.max(most, Math.abs(v - (a[i] ?? nan))), 0)
    t.ok(worst <= by, `${name} is off by ${worst}`)
  }
})
