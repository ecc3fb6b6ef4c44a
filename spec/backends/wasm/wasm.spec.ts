import t from 'tap'
import { wasm, wasmBackend } from '../../../backends/wasm/index.ts'
import { element } from '../../../src/codec/element.ts'
import type { Contract, Nest, Operand } from '../../../src/plan/kernel.ts'
import type { Plan, Region } from '../../../src/plan/plan.ts'
import { sumFold } from '../../../src/tensor/broadcast.ts'
import { constant, type Expression, evaluate, operand, show } from '../../../src/tensor/expression.ts'
import { max } from '../../../src/tensor/reduction.ts'
import { apply } from '../../tensor/apply.ts'
import { holds, interpret } from './oracle.ts'

const [x, y] = [operand(0), operand(1)]

/** Buffers by size; the first `inputs` are fed, the last one is handed back, all by the names b0, b1, ... */
const planOf = (
  sizes: readonly number[],
  inputs: number,
  regions: readonly Region[],
  state: readonly string[] = [],
): Plan => ({
  buffers: sizes.map((size, i) => ({ name: `b${i}`, size })),
  inputs: sizes.slice(0, inputs).map((size, buffer) => ({ name: `b${buffer}`, buffer, shape: [size] })),
  outputs: [{ name: 'out', buffer: sizes.length - 1, shape: [sizes.at(-1) ?? 0] }],
  constants: [],
  ignored: [],
  state,
  regions,
  lifetimes: sizes.map(() => null),
})

const nest = (n: Omit<Nest, 'kind' | 'name'>): Nest => ({ kind: 'nest', name: 'nest', ...n })
const at = (buffer: number, strides: readonly number[], offset = 0): Operand => ({ buffer, offset, strides })
const alone = (kernel: Nest | Contract, extent: number): Region => ({ name: kernel.name, extent, kernels: [kernel] })
const map = (expression: Expression, n: number, loads: number): Region =>
  alone(
    nest({
      outer: [],
      kept: [n],
      reduced: [],
      fold: null,
      expression,
      loads: Array.from({ length: loads }, (_, i) => at(i, [1])),
      store: at(loads, [1]),
    }),
    1,
  )

const numbers = (n: number, seed = 0): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => ((i * 37 + seed * 101 + 11) % 127) / 64 - 1)

const run = async (plan: Plan, feeds: Record<string, Float32Array>, threads = 2): Promise<Float32Array> => {
  const executable = await wasm.compile(plan, { threads })
  const { out } = await executable.run(feeds)
  await executable.dispose()
  return Float32Array.from(out ?? [])
}

const farthest = (plan: Plan, feeds: Record<string, Float32Array>, out: Float32Array): string | undefined => {
  const expected = interpret(plan, feeds).at(-1) ?? []
  const wrong = expected.findIndex((e, i) => !holds(e, out[i] ?? Number.NaN))
  return wrong < 0 ? undefined : `element ${wrong} is ${out[wrong]}, expected ${expected[wrong]?.value}`
}

t.test('a 3x3 convolution over a zero-padded image is the sum over its nine taps', async (t) => {
  const [b, h, cin, cout] = [2, 5, 6, 20]
  const [row, image] = [(h + 2) * cin, (h + 2) * (h + 2) * cin]
  const zero = nest({
    outer: [b],
    kept: [image],
    reduced: [],
    fold: null,
    expression: constant(0),
    loads: [],
    store: at(2, [image, 1]),
  })
  const place = nest({
    outer: [b],
    kept: [h, h, cin],
    reduced: [],
    fold: null,
    expression: x,
    loads: [at(0, [h * h * cin, h * cin, cin, 1])],
    store: at(2, [image, row, cin, 1], row + cin),
  })
  const conv: Contract = {
    kind: 'contract',
    name: 'conv',
    outer: 1,
    axes: [
      { role: 'm', size: b, a: image, b: 0, c: h * h * cout },
      { role: 'm', size: h, a: row, b: 0, c: h * cout },
      { role: 'm', size: h, a: cin, b: 0, c: cout },
      { role: 'n', size: cout, a: 0, b: 1, c: 1 },
      { role: 'k', size: 3, a: row, b: 3 * cin * cout, c: 0 },
      { role: 'k', size: 3, a: cin, b: cin * cout, c: 0 },
      { role: 'k', size: cin, a: 1, b: cout, c: 0 },
    ],
    a: { buffer: 2, offset: 0 },
    b: { buffer: 1, offset: 0 },
    c: { buffer: 3, offset: 0 },
  }
  const sizes = [b * h * h * cin, 9 * cin * cout, b * image, b * h * h * cout]
  const feeds = { b0: numbers(element(sizes, 0)), b1: numbers(element(sizes, 1), 1) }
  const apart = planOf(sizes, 2, [alone(zero, b), alone(place, b), alone(conv, b)])
  const chained = planOf(sizes, 2, [{ name: 'chain', extent: b, kernels: [zero, place, conv] }])
  const [one, two] = [await run(apart, feeds), await run(chained, feeds)]
  t.equal(farthest(apart, feeds, one), undefined)
  t.same(two, one, 'depth-first in one region gives the same')
})

t.test('attention in one region: scores, softmax, weighted values', async (t) => {
  const [windows, tokens, heads, d] = [5, 16, 2, 8]
  const [token, window, score] = [3 * heads * d, tokens * 3 * heads * d, heads * tokens * tokens]
  const outer = [windows]
  const rows = { outer, kept: [heads, tokens] }
  const full = [score, tokens * tokens, tokens, 1]
  const each = [heads * tokens, tokens, 1]
  const scores: Contract = {
    kind: 'contract',
    name: 'scores',
    outer: 1,
    axes: [
      { role: 'batch', size: windows, a: window, b: window, c: score },
      { role: 'batch', size: heads, a: d, b: d, c: tokens * tokens },
      { role: 'm', size: tokens, a: token, b: 0, c: tokens },
      { role: 'n', size: tokens, a: 0, b: token, c: 1 },
      { role: 'k', size: d, a: 1, b: 1, c: 0 },
    ],
    a: { buffer: 0, offset: 0 },
    b: { buffer: 0, offset: heads * d },
    c: { buffer: 1, offset: 0 },
  }
  const most = nest({
    ...rows,
    reduced: [tokens],
    fold: max.fold,
    expression: x,
    loads: [at(1, full)],
    store: at(2, each),
  })
  const shifted = apply('exp', apply('sub', x, y))
  const loads = [at(1, full), at(2, [...each, 0])]
  const total = nest({ ...rows, reduced: [tokens], fold: sumFold, expression: shifted, loads, store: at(3, each) })
  const softmax = nest({
    outer,
    kept: [heads, tokens, tokens],
    reduced: [],
    fold: null,
    expression: apply('div', shifted, operand(2)),
    loads: [...loads, at(3, [...each, 0])],
    store: at(1, full),
  })
  const weighted: Contract = {
    kind: 'contract',
    name: 'weighted',
    outer: 1,
    axes: [
      { role: 'batch', size: windows, a: score, b: window, c: tokens * heads * d },
      { role: 'batch', size: heads, a: tokens * tokens, b: d, c: d },
      { role: 'm', size: tokens, a: tokens, b: 0, c: heads * d },
      { role: 'n', size: d, a: 0, b: 1, c: 1 },
      { role: 'k', size: tokens, a: 1, b: token, c: 0 },
    ],
    a: { buffer: 1, offset: 0 },
    b: { buffer: 0, offset: 2 * heads * d },
    c: { buffer: 4, offset: 0 },
  }
  const sizes = [
    windows * window,
    windows * score,
    windows * heads * tokens,
    windows * heads * tokens,
    windows * tokens * heads * d,
  ]
  const plan = planOf(sizes, 1, [
    { name: 'attention', extent: windows, kernels: [scores, most, total, softmax, weighted] },
  ])
  const feeds = { b0: numbers(element(sizes, 0)) }
  const [one, two] = [await run(plan, feeds, 1), await run(plan, feeds, 2)]
  t.equal(farthest(plan, feeds, one), undefined)
  t.same(two, one, 'threads do not change bits')
})

t.test('exp, log, tanh and sigmoid are accurate to a few ulps', async (t) => {
  const n = 20003
  const ranges = { exp: [-87, 88.7], log: [1e-30, 60], tanh: [-12, 12], sigmoid: [-80, 80] } as const
  for (const fn of ['exp', 'log', 'tanh', 'sigmoid'] as const) {
    const [low, high] = ranges[fn]
    const input = Float32Array.from({ length: n }, (_, i) => {
      const at = i / (n - 1)
      return fn === 'log' ? low * (high / low) ** at : low + (high - low) * at
    })
    const out = await run(planOf([n, n], 1, [map(apply(fn, x), n, 1)]), { b0: input })
    const worst = input.reduce((most, v, i) => {
      const right = evaluate(apply(fn, operand(0)), [v])
      // near its root log is as good as the distance of its argument from 1
      const unit = 2 ** -24 * Math.max(Math.abs(right), fn === 'log' ? Math.abs(v - 1) : 0) * 2
      return unit < 1e-44 ? most : Math.max(most, Math.abs((out[i] ?? Number.NaN) - right) / unit)
    }, 0)
    t.ok(worst < 6, `${fn}: ${worst.toFixed(2)} units`)
  }
})

t.test('min and max with a number, from either side, are what they are of two operands', async (t) => {
  const input = Float32Array.of(-Infinity, -30, -3, -0, 0, 3, 30, 1e38, Infinity, Number.NaN, -30.5, 29.5)
  const n = input.length
  const all = (['min', 'max'] as const).flatMap((fn) =>
    [-30, 30, 0, -0, Infinity, -Infinity, Number.NaN].flatMap((limit) => [
      apply(fn, x, constant(limit)),
      apply(fn, constant(limit), x),
    ]),
  )
  const regions = all.map((expression, i) => {
    const shape = { outer: [], kept: [n], reduced: [], fold: null }
    return alone(nest({ ...shape, expression, loads: [at(0, [1])], store: at(1, [1], i * n) }), 1)
  })
  const out = await run(planOf([n, all.length * n], 1, regions), { b0: input })
  all.forEach((e, i) => {
    const expected = Array.from(input, (v) => evaluate(e, [v]))
    t.strictSame([...out.subarray(i * n, (i + 1) * n)], expected, show(e))
  })
})

t.test('limits: overflow, saturation, zero and NaN', async (t) => {
  const input = Float32Array.of(
    Number.NEGATIVE_INFINITY,
    -1000,
    -88,
    0,
    89,
    1000,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    -0.5,
  )
  const of = (fn: 'exp' | 'log' | 'tanh' | 'sigmoid') =>
    run(planOf([9, 9], 1, [map(apply(fn, x), 9, 1)]), { b0: input }, 1)
  const infinite = Number.POSITIVE_INFINITY
  const [exp, log, tanh, sigmoid] = [await of('exp'), await of('log'), await of('tanh'), await of('sigmoid')]
  t.same([...exp.subarray(0, 8)], [0, 0, 0, 1, infinite, infinite, infinite, Number.NaN])
  t.same([log[0], log[3], log[6], log[7], log[8]], [Number.NaN, -infinite, infinite, Number.NaN, Number.NaN])
  t.ok(
    [0, 1].every((i) => Math.abs((tanh[i] ?? 0) + 1) < 4e-7) &&
      [5, 6].every((i) => Math.abs((tanh[i] ?? 0) - 1) < 4e-7),
  )
  t.same([tanh[3], tanh[7]], [0, Number.NaN])
  t.same([sigmoid[0], sigmoid[1], sigmoid[3], sigmoid[5], sigmoid[6], sigmoid[7]], [0, 0, 0.5, 1, 1, Number.NaN])
})

t.test('state stays on the backend from run to run', async (t) => {
  const count = alone(
    nest({
      outer: [],
      kept: [7],
      reduced: [],
      fold: null,
      expression: apply('add', x, y),
      loads: [at(0, [1]), at(1, [0])],
      store: at(0, [1]),
    }),
    1,
  )
  const executable = await wasm.compile(planOf([7, 1, 1], 2, [count], ['b0']), { threads: 2, profile: true })
  await executable.write({ b0: new Float32Array(7), b1: Float32Array.of(2) })
  await executable.run({})
  await executable.run({ b1: Float32Array.of(3) })
  t.same((await executable.read(['b0'])).b0, new Float32Array(7).fill(5))
  const times = await executable.profile()
  t.same(
    times.map(({ region, kernel }) => ({ region, kernel })),
    [{ region: 0, kernel: 0 }],
  )
  t.ok(times.every(({ milliseconds }) => Number.isFinite(milliseconds) && milliseconds >= 0))
  const [later] = await executable.profile()
  t.equal(later?.milliseconds, 0, 'times count from the last look')
  t.ok(executable.bytes > 0)
  await executable.dispose()
  await t.rejects(executable.run({}), /disposed/)
})

t.test('an invalid feed is an error that names it', async (t) => {
  const executable = await wasm.compile(planOf([4, 4], 1, [map(x, 4, 1)]), { threads: 1 })
  await t.rejects(executable.run({ c: new Float32Array(4) }), /This plan has no input "c": it takes "b0"/)
  await t.rejects(
    executable.run({ b0: new Float32Array(3) }),
    /Input "b0" of shape \[4\] takes 4 numbers, but 3 were given/,
  )
  await t.rejects(executable.read(['z']), /no input "z"/)
  await executable.dispose()
})

t.test('a plan above 4 GiB is refused with its size', async (t) => {
  const plan = planOf([2 ** 30, 2 ** 30], 1, [map(x, 2 ** 30, 1)])
  await t.rejects(wasm.compile(plan, { threads: 1 }), {
    name: 'OutOfMemory',
    needed: Number,
    where: 'wasm',
    message: /^wasm: the plan needs 8.0 GiB of memory, more than the .* GiB there are$/,
  })
})

t.test('a kernel whose rows do not match its region is an error', async (t) => {
  const region = { ...map(x, 4, 1), extent: 3 }
  await t.rejects(wasmBackend({ kernel: 'simd' }).compile(planOf([4, 4], 1, [region])), /has 1 rows, its region nest 3/)
})
