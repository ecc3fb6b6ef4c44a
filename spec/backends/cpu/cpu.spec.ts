import t from 'tap'
import { cpu } from '../../../backends/cpu/index.ts'
import { print } from '../../../backends/cpu/print.ts'
import type { Observed } from '../../../src/plan/backend.ts'
import type { Contract, Kernel, Nest, Operand } from '../../../src/plan/kernel.ts'
import { nestOf } from '../../../src/plan/nestOf.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { sumFold } from '../../../src/tensor/broadcast.ts'
import { constant, operand } from '../../../src/tensor/expression.ts'
import { max } from '../../../src/tensor/reduction.ts'
import { apply } from '../../tensor/apply.ts'

const at = (buffer: number, strides: readonly number[], offset = 0): Operand => ({ buffer, offset, strides })
const range = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i)

/** Buffers are inputs in order but for the last, which is the output; one region a kernel. */
const planOf = (
  shapes: Readonly<Record<string, readonly number[]>>,
  kernels: readonly Kernel[],
  state: readonly string[] = [],
): Plan => {
  const named = Object.entries(shapes).map(([name, shape], buffer) => ({ name, shape, buffer }))
  return {
    buffers: named.map(({ name, shape }) => ({ name, size: shape.reduce((p, n) => p * n, 1) })),
    inputs: named.slice(0, -1),
    constants: [],
    ignored: [],
    outputs: named.slice(-1),
    state,
    regions: kernels.map((k) => ({ name: k.name, extent: 1, kernels: [k] })),
    lifetimes: named.map(() => null),
  }
}

/** y[i] = sum over j of exp(x[i, j]) w[j]; w is seen through stride zero. */
const weighted: Nest = {
  kind: 'nest',
  name: 'weighted sum',
  outer: [2],
  kept: [],
  reduced: [3],
  fold: sumFold,
  expression: apply('mul', apply('exp', operand(0)), operand(1)),
  loads: [at(0, [3, 1]), at(1, [0, 1])],
  store: at(2, [1]),
}

/** x [6] and w [3]: a sliding window, y[i] = sum over j of x[i + j] w[j]; x overlaps itself. */
const sliding: Contract = {
  kind: 'contract',
  name: 'sliding',
  outer: 1,
  axes: [
    { role: 'm', size: 4, a: 1, b: 0, c: 1 },
    { role: 'k', size: 3, a: 1, b: 1, c: 0 },
  ],
  a: { buffer: 0, offset: 0 },
  b: { buffer: 1, offset: 0 },
  c: { buffer: 2, offset: 0 },
}

t.test('nest: a fold sums its expression over the reduced axes', async (t) => {
  const exe = await cpu.compile(planOf({ x: [2, 3], w: [3], y: [2] }, [weighted]))
  const { y = [] } = await exe.run({ x: range(6).map((v) => Math.log(v + 1)), w: Float64Array.of(1, 10, 100) })
  t.strictSame(Array.from(y, Math.round), [321, 654])
})

t.test('nest: max starts from -Infinity and propagates NaN', async (t) => {
  const nest: Nest = { ...weighted, name: 'max', fold: max.fold, expression: operand(0) }
  const exe = await cpu.compile(planOf({ x: [2, 3], w: [3], y: [2] }, [nest]))
  const { y = [] } = await exe.run({ x: Float64Array.of(-5, -3, -4, 1, NaN, 2), w: range(3) })
  t.strictSame([...y], [-3, NaN])
})

t.test('contract: an operand may overlap itself', async (t) => {
  const exe = await cpu.compile(planOf({ x: [6], w: [3], y: [4] }, [sliding]))
  const { y = [] } = await exe.run({ x: range(6), w: Float64Array.of(1, 10, 100) })
  t.strictSame([...y], [210, 321, 432, 543])
})

t.test('contract: strides alone transpose either operand and the result', async (t) => {
  // c^T = (a^T b)^T with a [k, m], b [k, n], c [n, m]
  const kernel: Contract = {
    kind: 'contract',
    name: 'transposed',
    outer: 0,
    axes: [
      { role: 'k', size: 2, a: 3, b: 2, c: 0 },
      { role: 'm', size: 3, a: 1, b: 0, c: 1 },
      { role: 'n', size: 2, a: 0, b: 1, c: 3 },
    ],
    a: { buffer: 0, offset: 0 },
    b: { buffer: 1, offset: 0 },
    c: { buffer: 2, offset: 0 },
  }
  const exe = await cpu.compile(planOf({ a: [2, 3], b: [2, 2], c: [2, 3] }, [kernel]))
  const { c = [] } = await exe.run({ a: range(6), b: Float64Array.of(1, 2, 3, 4) })
  t.strictSame([...c], [9, 13, 17, 12, 18, 24])
})

t.test('state: a kernel updates it in place, it persists between runs, and it can be written and read', async (t) => {
  const update: Nest = {
    kind: 'nest',
    name: 'decay',
    outer: [3],
    kept: [],
    reduced: [],
    fold: null,
    expression: apply('add', apply('mul', operand(0), constant(0.5)), operand(1)),
    loads: [at(0, [1]), at(1, [0])],
    store: at(0, [1]),
  }
  const plan = planOf({ weights: [3], step: [1], nothing: [1] }, [update], ['weights'])
  const exe = await cpu.compile({ ...plan, outputs: [] })
  t.strictSame([...((await exe.read(['weights'])).weights ?? [])], [0, 0, 0], 'state starts as zeros')
  await exe.write({ weights: Float32Array.of(2, 4, 8) })
  t.strictSame(await exe.run({ step: Float64Array.of(1) }), {})
  await exe.run({})
  t.strictSame([...((await exe.read(['weights'])).weights ?? [])], [2, 2.5, 3.5], 'the step was given once')
})

t.test('concurrent calls are serialised in their order', async (t) => {
  const exe = await cpu.compile(planOf({ x: [6], w: [3], y: [4] }, [sliding]))
  const w = Float64Array.of(1, 0, 0)
  const results = await Promise.all([exe.run({ x: range(6), w }), exe.run({ x: range(6).map((v) => v + 1) })])
  t.strictSame(
    results.map((r) => [...(r.y ?? [])]),
    [
      [0, 1, 2, 3],
      [1, 2, 3, 4],
    ],
  )
})

t.test('results are copies', async (t) => {
  const exe = await cpu.compile(planOf({ x: [6], w: [3], y: [4] }, [sliding]))
  const first = await exe.run({ x: range(6), w: Float64Array.of(1, 0, 0) })
  await exe.run({ w: Float64Array.of(0, 0, 0) })
  t.strictSame([...(first.y ?? [])], [0, 1, 2, 3])
})

t.test('observe: every kernel reports its name, shape and result, in order', async (t) => {
  const seen: Observed[] = []
  const spread: Nest = {
    kind: 'nest',
    name: 'spread',
    outer: [2],
    kept: [2],
    reduced: [],
    fold: null,
    expression: apply('neg', operand(0)),
    loads: [at(2, [2, 1])],
    // every second column of a [2, 4] buffer, the rows in reverse
    store: at(3, [-4, 2], 5),
  }
  const plan = planOf({ x: [6], w: [3], y: [4], z: [8] }, [sliding, spread])
  const exe = await cpu.compile({ ...plan, inputs: plan.inputs.slice(0, 2) }, { observe: (node) => seen.push(node) })
  const { z = [] } = await exe.run({ x: range(6), w: Float64Array.of(0, 1, 0) })
  t.strictSame(
    seen.map(({ name, shape, values }) => ({ name, shape, values: [...values] })),
    [
      { name: 'sliding', shape: [4], values: [1, 2, 3, 4] },
      { name: 'spread', shape: [2, 2], values: [-1, -2, -3, -4] },
    ],
  )
  t.strictSame([...z], [0, -3, 0, -4, 0, -1, 0, -2])
})

t.test('observe: throwing stops the run at that kernel, and the executable stays usable', async (t) => {
  const seen: string[] = []
  const plan = planOf({ x: [6], w: [3], y: [4] }, [sliding, { ...sliding, name: 'again' }])
  const observe = ({ name, values }: Observed): void => {
    seen.push(name)
    if (values.some(Number.isNaN)) throw new RangeError(`NaN in ${name}`)
  }
  const exe = await cpu.compile(plan, { observe })
  await t.rejects(exe.run({ x: range(6), w: Float64Array.of(1, NaN, 1) }), { message: 'NaN in sliding' })
  t.strictSame(seen, ['sliding'])
  await exe.run({ w: range(3) })
  t.strictSame(seen, ['sliding', 'sliding', 'again'])
})

t.test('constants are loaded once and persist', async (t) => {
  const plan = planOf({ x: [6], w: [3], y: [4] }, [sliding])
  const constants = [{ buffer: 1, data: Float64Array.of(0, 0, 1) }]
  const exe = await cpu.compile({ ...plan, inputs: plan.inputs.slice(0, 1), constants })
  const { y = [] } = await exe.run({ x: range(6) })
  t.strictSame([...y], [2, 3, 4, 5])
})

t.test('temporaries start as NaN, so that reading uninitialised data shows', async (t) => {
  const plan = planOf({ x: [6], w: [3], y: [4] }, [sliding])
  const exe = await cpu.compile({ ...plan, inputs: plan.inputs.slice(0, 1), lifetimes: [null, [0, 0], null] })
  const { y = [] } = await exe.run({ x: range(6) })
  t.ok(y.every(Number.isNaN))
})

t.test('errors are one clear sentence', async (t) => {
  const plan = planOf({ x: [2, 3], w: [3], y: [2] }, [weighted])
  const exe = await cpu.compile(plan)
  await t.rejects(exe.run({ v: range(3) }), { message: 'This plan has no input "v": it takes "x", "w".' })
  await t.rejects(exe.read(['y']), { message: 'This plan has no input "y": it takes "x", "w".' })
  await t.rejects(exe.write({ x: range(5) }), {
    message: 'Input "x" of shape [2, 3] takes 6 numbers, but 5 were given.',
  })
  await t.rejects(exe.run({ x: range(6) }), { message: 'Input "w" was never given.' })
  await t.rejects(cpu.compile(planOf({ x: [2, 2], w: [3], y: [2] }, [weighted])), {
    message: 'Kernel "weighted sum" of this plan cannot run: it reaches elements 0 to 5 of buffer "x", which has 4.',
  })
  await exe.dispose()
  await t.rejects(exe.run({}), { message: 'This executable was disposed of: compile the plan again to run it.' })
})

t.test('a kernel may reach the last element of a buffer and the first, and none beside them', async (t) => {
  const copy = (offset: number, stride: number, to: number): Nest => ({
    kind: 'nest',
    name: 'copy',
    outer: [3],
    kept: [],
    reduced: [],
    fold: null,
    expression: operand(0),
    loads: [at(0, [stride], offset)],
    store: at(1, [1], to),
  })
  const run = async (kernel: Nest) => (await cpu.compile(planOf({ x: [5], y: [4] }, [kernel]))).run({ x: range(5) })
  t.strictSame((await run(copy(2, 1, 1))).y?.slice(1), Float64Array.of(2, 3, 4), 'to the end')
  t.strictSame((await run(copy(4, -2, 0))).y?.slice(0, 3), Float64Array.of(4, 2, 0), 'to the start')
  const refused = async (kernel: Nest, message: RegExp) => t.rejects(run(kernel), { name: 'PlanError', message })
  await refused(copy(3, 1, 0), /elements 3 to 5 of buffer "x", which has 5/)
  await refused(copy(3, -2, 0), /elements -1 to 3 of buffer "x"/)
  await refused(copy(0, 1, 2), /elements 2 to 4 of buffer "y", which has 4/)
})

t.test('a wrong feed changes nothing', async (t) => {
  const exe = await cpu.compile(planOf({ x: [6], w: [3], y: [4] }, [sliding]))
  await exe.write({ x: range(6) })
  await t.rejects(exe.write({ x: range(6).map(() => 9), w: range(1) }))
  t.strictSame([...((await exe.read(['x'])).x ?? [])], [0, 1, 2, 3, 4, 5])
})

t.test('profile: a time for each kernel if requested, else none', async (t) => {
  const plan = planOf({ x: [6], w: [3], y: [4] }, [sliding])
  const feeds = { x: range(6), w: range(3) }
  const [plain, timed] = [await cpu.compile(plan), await cpu.compile(plan, { profile: true })]
  await plain.run(feeds)
  await timed.run(feeds)
  t.strictSame(await plain.profile(), [])
  t.strictSame(
    (await timed.profile()).map((r) => [r.region, r.kernel]),
    [[0, 0]],
  )
})

t.test('print: one statement per expression, in the outermost loop that it depends on', async (t) => {
  const plan = planOf({ x: [2, 3], w: [3], y: [2] }, [weighted])
  t.equal(
    print(nestOf(weighted), plan.buffers).text,
    `return function kernel_weighted_sum(x_0, w_1, y_2) {
  for (let o0 = 0; o0 < 2; o0++) {
    const x0o0 = o0 * 3
    let folded = 0
    for (let r0 = 0; r0 < 3; r0++) {
      const x0r0 = x0o0 + r0
      const x0 = x_0[x0r0]
      const x1 = w_1[r0]
      const v0 = f.exp(x0)
      const v1 = v0 * x1
      folded = (folded + v1)
    }
    y_2[o0] = folded
  }
}
//# sourceURL=diffit/weighted_sum.js`,
  )
})

t.test('an input may have any name, even one that is not a JavaScript identifier', async (t) => {
  const kernel: Nest = {
    kind: 'nest',
    name: '0 + 1',
    outer: [],
    kept: [3],
    reduced: [],
    fold: null,
    expression: apply('neg', operand(0)),
    loads: [at(0, [1])],
    store: at(1, [1]),
  }
  const executable = await cpu.compile(planOf({ '0': [3], '1.class': [3] }, [kernel]))
  const outputs = await executable.run({ '0': range(3) })
  t.same([...(outputs['1.class'] ?? [])], [-0, -1, -2])
})
