/**
 * Laws of the lowering of `webgpu` that need no device: what its units compute in its arenas, in any order that a device may
 * choose, is what the plan means. The agreement suite tests their texts on devices.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { keepApart, windowsOf } from '../backends/webgpu/access.ts'
import { lowered } from '../backends/webgpu/program.ts'
import { rowCounts, rowed } from '../backends/webgpu/rows.ts'
import { evaluate, planOf } from '../src/lower/compile.ts'
import type { Named } from '../src/plan/backend.ts'
import type { Axis, Contract, Kernel, Nest } from '../src/plan/kernel.ts'
import { nestOf } from '../src/plan/nestOf.ts'
import type { Plan } from '../src/plan/plan.ts'
import { at } from '../src/tensor/axes.ts'
import { sumFold } from '../src/tensor/broadcast.ts'
import { constant, operand } from '../src/tensor/expression.ts'
import { contract, input, softmax, type Tensor, tanh } from '../src/tensor/ops.ts'
import { size, strides } from '../src/tensor/shape.ts'
import { distance } from './agreement/agree.ts'
import { layers } from './agreement/layers.ts'
import { products, slide } from './agreement/products.ts'
import { training } from './agreement/training.ts'
import { randomGraph } from './graphs.ts'
import { randomProgram } from './programs.ts'
import { unitsOfWebGpu } from './webgpuUnits.ts'

/** Arenas so small that plans need several of them. */
const room = { elements: 2 ** 15, arenas: 64, abreast: Number.POSITIVE_INFINITY, idle: false }

/** Devices with one, two or all units of a level in a dispatch. */
const rooms = fc.constantFrom(1, 2, room.abreast).map((abreast) => ({ ...room, abreast }))

/** The largest error of any output; order of sums is all that may differ. */
const off = (found: Named, expected: Named): number =>
  Math.max(0, ...Object.entries(expected).map(([name, numbers]) => distance(found[name], numbers)))

const rounding = 1e-9

t.test('units in any order of rows and units mean what the plan means', async (t) => {
  await fc.assert(
    fc.asyncProperty(randomGraph(20), fc.nat(), rooms, async ({ outputs, feeds, inputs }, seed, some) => {
      const found = await evaluate(unitsOfWebGpu(some, seed))(outputs, feeds, inputs)
      const expected = await evaluate(cpu)(outputs, feeds, inputs)
      return Object.entries(expected).every(([name, numbers]) =>
        numbers.every((x, i) => {
          const y = found[name]?.[i] ?? Number.NaN
          return Object.is(x, y) || x === y || Math.abs(x - y) <= rounding * (1 + Math.abs(x))
        }),
      )
    }),
    { numRuns: 100 },
  )
  t.pass('100 graphs')
})

t.test(
  'and go on meaning it from run to run: state is kept, and nothing else of a run is left in the next',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(randomProgram(), fc.nat(), async ({ outputs, state, inputs, values }, seed) => {
        const plan = planOf({ outputs, state, inputs })
        const [one, other] = [await unitsOfWebGpu(room, seed).compile(plan), await cpu.compile(plan)]
        const names = plan.inputs.map((p) => p.name)
        const start = Object.fromEntries(names.map((name) => [name, values(name, 0)]))
        await Promise.all([one.write(start), other.write(start)])
        for (const turn of [1, 2, 3]) {
          const feeds = names.includes('x') ? { x: values('x', turn) } : {}
          const [found, expected] = [await one.run(feeds), await other.run(feeds)]
          if (!(off(found, expected) < rounding)) return false
        }
        return off(await one.read(plan.state), await other.read(plan.state)) < rounding
      }),
      { numRuns: 60 },
    )
    t.pass('60 programs')
  },
)

for (const c of [...products, ...layers, ...training.slice(1)])
  t.test(`units in any order agree with cpu: ${c.name}`, () => c.run(unitsOfWebGpu(room, 1)))

/** Addresses of an operand under loops of these sizes. */
const addresses = (offset: number, sizes: readonly number[], strides: readonly number[]): readonly number[] =>
  sizes.reduce<readonly number[]>(
    (all, n, i) => all.flatMap((a) => Array.from({ length: n }, (_, j) => a + j * at(strides, i))),
    [offset],
  )

/** A nest of `rows` rows over a few buffers. */
const nestOfRows = (rows: number): fc.Arbitrary<Nest> => {
  const o = fc.record({
    buffer: fc.nat(1),
    offset: fc.nat(6),
    strides: fc.tuple(fc.integer({ min: -6, max: 6 }), fc.integer({ min: 1, max: 2 })),
  })
  return fc.tuple(fc.integer({ min: 1, max: 4 }), o, fc.array(o, { maxLength: 2 })).map(([kept, store, loads]) => ({
    kind: 'nest',
    name: 'nest',
    outer: [rows],
    kept: [kept],
    reduced: [],
    fold: null,
    expression: constant(1),
    loads,
    store,
  }))
}

t.test('kernels share rows only if no row touches what another row of them writes', async (t) => {
  let shared = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 4 }).chain((rows) => fc.array(nestOfRows(rows), { minLength: 1, maxLength: 2 })),
      (nests) => {
        if (!keepApart(nests.flatMap(windowsOf))) return true
        shared++
        const touched = (nest: Nest, o: Nest['store'], row: number): readonly string[] =>
          addresses(o.offset + row * at(o.strides, 0), nest.kept, o.strides.slice(1)).map((a) => `${o.buffer}:${a}`)
        const rows = Array.from({ length: at(at(nests, 0).outer, 0) }, (_, row) => ({
          written: nests.flatMap((n) => touched(n, n.store, row)),
          all: nests.flatMap((n) => [n.store, ...n.loads].flatMap((o) => touched(n, o, row))),
        }))
        return rows.every(({ written }, i) =>
          rows.every(({ all }, j) => i === j || !written.some((w) => all.includes(w))),
        )
      },
    ),
    { numRuns: 3000 },
  )
  t.ok(shared > 100, `${shared}`)
})

/** What is stored where, from which elements, term by term. */
const table = (kernel: Kernel): ReadonlyMap<number, string> => {
  const nest = nestOf(kernel)
  const stored = [...nest.outer, ...nest.kept]
  const terms = size(nest.reduced)
  const loads = nest.loads.map((o) => addresses(o.offset, [...stored, ...nest.reduced], o.strides))
  return new Map(
    addresses(nest.store.offset, stored, nest.store.strides).map((to, i) => [
      to,
      loads.map((from) => from.slice(i * terms, (i + 1) * terms).join()).join(' | '),
    ]),
  )
}

/** A nest, and a product, of these sizes; results are dense, loads have any steps. */
const kernelsOf = ([a, b, c, d]: Four, [p, q]: readonly [Four, Four]): readonly Kernel[] => {
  const to = strides([a, b, c])
  const loads = [p, q].map((steps, buffer) => ({ buffer, offset: 50, strides: steps }))
  const nest: Nest = {
    kind: 'nest',
    name: 'nest',
    outer: [a],
    kept: [b, c],
    reduced: [d],
    fold: sumFold,
    expression: operand(0),
    loads,
    store: { buffer: 2, offset: 0, strides: to },
  }
  const axis = (role: Axis['role'], i: number, n: number): Axis => ({
    role,
    size: n,
    a: role === 'n' ? 0 : at(p, i),
    b: role === 'm' ? 0 : at(q, i),
    c: role === 'k' ? 0 : at(to, i),
  })
  const axes = [axis('batch', 0, a), axis('m', 1, b), axis('n', 2, c), axis('k', 3, d)]
  const at50 = (buffer: number) => ({ buffer, offset: 50 })
  const contract: Contract = {
    kind: 'contract',
    name: 'product',
    outer: 1,
    axes,
    a: at50(0),
    b: at50(1),
    c: { buffer: 2, offset: 0 },
  }
  return [nest, contract]
}

type Four = readonly [number, number, number, number]

t.test('a kernel in other rows computes the same results from the same elements', async (t) => {
  const step = fc.integer({ min: -5, max: 5 })
  const n = fc.constantFrom(1, 2, 3, 4, 6)
  let divided = 0
  fc.assert(
    fc.property(
      fc.tuple(n, n, n, n),
      fc.tuple(fc.tuple(step, step, step, step), fc.tuple(step, step, step, step)),
      (sizes, steps) =>
        kernelsOf(sizes, steps).every((kernel) =>
          rowCounts(kernel, 64).every((rows) => {
            const other = rowed(kernel, rows)
            if (other === null) return true
            divided++
            const [found, expected] = [table(other), table(kernel)]
            return found.size === expected.size && [...expected].every(([to, from]) => found.get(to) === from)
          }),
        ),
    ),
    { numRuns: 200 },
  )
  t.ok(divided > 1000, `${divided}`)
})

/**
 * Twelve numbers that are filled, written in part or read, in some order; a fill comes first.
 * @param filling what they are filled with
 * @param fed whether the host writes them too
 */
const fillingPlan = (steps: readonly ('fill' | 'write' | 'read')[], filling: number, fed: boolean): Plan => {
  const nest = (name: string, n: number, load: number | null, store: number): Nest => ({
    kind: 'nest',
    name,
    outer: [],
    kept: [n],
    reduced: [],
    fold: null,
    expression: load === null ? constant(filling) : operand(0),
    loads: load === null ? [] : [{ buffer: load, offset: 0, strides: [1] }],
    store: { buffer: store, offset: 0, strides: [1] },
  })
  const kernels = (['fill', ...steps] as const).map((step, i) => {
    if (step === 'fill') return nest('fill', 12, null, 0)
    return step === 'write' ? nest('write', 5, 1, 0) : nest('read', 12, 0, 1 + i)
  })
  const outputs = kernels.flatMap(({ name, store: { buffer } }) => (name === 'read' ? [buffer] : []))
  const sizes = [12, 5, ...kernels.map(() => 12)]
  return {
    buffers: sizes.map((size, i) => ({ name: `b${i}`, size })),
    inputs: [{ name: 'x', buffer: 1, shape: [5] }, ...(fed ? [{ name: 'b', buffer: 0, shape: [12] }] : [])],
    ignored: [],
    constants: [],
    outputs: outputs.map((buffer) => ({ name: `y${buffer}`, buffer, shape: [12] })),
    state: [],
    regions: kernels.map((kernel) => ({ name: kernel.name, extent: 1, kernels: [kernel] })),
    lifetimes: sizes.map((_, buffer) => (buffer === 0 && !fed ? [0, steps.length] : null)),
  }
}

t.test('zeros that are filled once are what zeros are that are filled in every run', async (t) => {
  let once = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('fill', 'write', 'read'), { maxLength: 5 }),
      fc.constantFrom(0, 0, 0, 3),
      fc.boolean(),
      async (steps, filling, fed) => {
        const plan = fillingPlan(steps, filling, fed)
        once += lowered(plan, room).zeroed.size
        const [one, other] = [await unitsOfWebGpu(room, 1).compile(plan), await cpu.compile(plan)]
        for (const n of [1, 2]) {
          const feeds = { x: new Float64Array(5).fill(n), ...(fed ? { b: new Float64Array(12).fill(4) } : {}) }
          if (off(await one.run(feeds), await other.run(feeds)) > 0) return false
        }
        return true
      },
    ),
    { numRuns: 200 },
  )
  t.ok(once > 10, `${once}`)
})

/** The kernels of each unit, dispatch by dispatch. */
const shapeOf = (outputs: Readonly<Record<string, Tensor>>): readonly (readonly number[])[] =>
  lowered(planOf({ outputs }), room).dispatches.map((units) => units.map((u) => u.parts.length))

t.test('the laws meet units of many kernels, splits, several arenas and zeros that are filled once', async (t) => {
  const [a, b] = [input('a', [3, 3000]), input('b', [3000, 4])]
  t.same(shapeOf({ y: contract({ sum: [[1, 0]] })(a, b) }), [[1], [1]], 'a product and the sum of its parts')
  const rows = softmax(1)(input('x', [256, 40]))
  t.ok(
    shapeOf({ y: rows })
      .flat()
      .some((n) => n > 2),
    `${shapeOf({ y: rows })}`,
  )
  const padded = planOf({ outputs: { y: slide(1)(tanh(input('x', [2, 8, 6, 5])), input('w', [3, 3, 5, 8])) } })
  const made = lowered(padded, { ...room, elements: 1024 })
  t.equal(made.zeroed.size, 1)
  t.ok(made.layout.arenas.length > 1)
})
