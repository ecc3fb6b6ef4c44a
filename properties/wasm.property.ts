/** Laws of the wasm backend: any kernel agrees with the oracle, for any number of threads and kernel variant. */

import fc from 'fast-check'
import t from 'tap'
import { wasm, wasmBackend } from '../backends/wasm/index.ts'
import { layOut, lives } from '../backends/wasm/memory.ts'
import { holds, interpret, type Near } from '../spec/backends/wasm/oracle.ts'
import { formsToTry } from '../spec/backends/wasm/products.ts'
import { apply } from '../spec/tensor/apply.ts'
import { element } from '../src/codec/element.ts'
import type { Backend } from '../src/plan/backend.ts'
import type { Axis, Contract, Kernel, Nest, Operand } from '../src/plan/kernel.ts'
import type { Plan } from '../src/plan/plan.ts'
import { sumFold } from '../src/tensor/broadcast.ts'
import { constant, type Expression, operand } from '../src/tensor/expression.ts'
import { max } from '../src/tensor/reduction.ts'

/** Numbers consumed in order; shrinking makes them small. */
const draws = fc.array(fc.nat(999), { minLength: 60, maxLength: 60 })
type Draw = (below: number) => number
const drawer = (numbers: readonly number[]): Draw => {
  let at = 0
  return (below) => element(numbers, at++ % numbers.length) % Math.max(1, below)
}

const product = (xs: readonly number[]): number => xs.reduce((p, x) => p * x, 1)

/** Strides that lay out axes without overlap in a random order, with gaps, some of them negative. */
const scattered = (sizes: readonly number[], draw: Draw, flips: boolean) => {
  const order = sizes.map((_, i) => ({ i, by: draw(7) })).sort((a, b) => a.by - b.by || b.i - a.i)
  const strides = sizes.map(() => 0)
  let step = draw(4) === 0 ? 2 : 1
  let offset = draw(3)
  for (const { i } of order) {
    const back = flips && draw(5) === 0
    strides[i] = back ? -step : step
    if (back) offset += step * (element(sizes, i) - 1)
    step = step * element(sizes, i) + (draw(3) === 0 ? draw(3) : 0)
  }
  return { offset, strides, size: offset + step + 1 }
}

/** A load: some axes have stride 0, windows overlap. */
const overlapping = (sizes: readonly number[], draw: Draw) => {
  const laid = scattered(sizes, draw, true)
  if (draw(3) > 0) {
    const still = sizes.map(() => draw(4) === 0)
    return { ...laid, strides: laid.strides.map((s, i) => (still[i] ? 0 : s)) }
  }
  const strides = sizes.map(() => draw(3))
  return { offset: 0, strides, size: 1 + sizes.reduce((sum, n, i) => sum + (n - 1) * element(strides, i), 0) }
}

const unary = ['neg', 'abs', 'exp', 'log', 'sqrt', 'tanh', 'sigmoid'] as const
const binary = ['add', 'sub', 'mul', 'div', 'max', 'ge'] as const

/** Arguments of log, sqrt and div are well inside their domains. */
const expression = (draw: Draw, depth: number, loads: number): Expression => {
  if (depth === 0 || draw(6) === 0) return draw(5) === 0 ? constant(draw(9) / 4 - 1) : operand(draw(loads))
  const inside = expression(draw, depth - 1, loads)
  if (draw(2) === 0) {
    const fn = unary[draw(unary.length)] ?? 'neg'
    const positive = apply('add', apply('abs', inside), constant(0.25))
    const small = apply('tanh', inside)
    return apply(fn, fn === 'log' || fn === 'sqrt' ? positive : fn === 'exp' ? small : inside)
  }
  const other = expression(draw, depth - 1, loads)
  const fn = binary[draw(binary.length)] ?? 'add'
  return apply(fn, inside, fn === 'div' ? apply('add', apply('abs', other), constant(0.5)) : other)
}

interface Case {
  readonly kernel: Kernel
  readonly sizes: readonly number[]
}

const sizesOf = (draw: Draw, most: number, budget: number): readonly number[] => {
  const rank = draw(most + 1)
  return Array.from({ length: rank }).reduce<readonly number[]>((all) => {
    const free = Math.max(1, Math.floor(budget / product(all)))
    return [...all, 1 + draw(Math.min(free, draw(3) === 0 ? 40 : 7))]
  }, [])
}

/** Elements of the rows, of one row, and of what is folded into an element. */
interface Extent {
  readonly outer: number
  readonly kept: number
  readonly reduced: number
}

const nestOf = (numbers: readonly number[], extent: Extent): Case => {
  const draw = drawer(numbers)
  const fold = [null, sumFold, max.fold][draw(3)] ?? null
  const outer = sizesOf(draw, 2, extent.outer)
  const kept = sizesOf(draw, 3, extent.kept)
  const reduced = fold === null ? [] : sizesOf(draw, 3, extent.reduced)
  const loads = 1 + draw(3)
  const all = [...outer, ...kept, ...reduced]
  const operands = Array.from({ length: loads }, () => overlapping(all, draw))
  const store = scattered([...outer, ...kept], draw, true)
  return {
    kernel: {
      kind: 'nest',
      name: 'nest',
      outer,
      kept,
      reduced,
      fold,
      expression: expression(draw, 3, loads),
      loads: operands.map(({ offset, strides }, buffer) => ({ buffer, offset, strides })),
      store: { buffer: loads, offset: store.offset, strides: store.strides },
    },
    sizes: [...operands, store].map((o) => o.size),
  }
}

const nest = (numbers: readonly number[]): Case => nestOf(numbers, { outer: 12, kept: 90, reduced: 60 })
/** Reductions long enough to be computed in blocks. */
const longNest = (numbers: readonly number[]): Case => nestOf(numbers, { outer: 3, kept: 9, reduced: 4000 })

const contract = (numbers: readonly number[]): Case => {
  const draw = drawer(numbers)
  const groups = {
    outer: sizesOf(draw, 2, 8).map((size) => ({ role: draw(2) === 0 ? ('batch' as const) : ('m' as const), size })),
    batch: sizesOf(draw, 1, 4).map((size) => ({ role: 'batch' as const, size })),
    m: sizesOf(draw, 2, 24).map((size) => ({ role: 'm' as const, size })),
    n: sizesOf(draw, 2, 40).map((size) => ({ role: 'n' as const, size })),
    k: sizesOf(draw, 3, 60).map((size) => ({ role: 'k' as const, size })),
  }
  const inner = [...groups.batch, ...groups.m, ...groups.n, ...groups.k]
    .map((l) => ({ l, by: draw(5) }))
    .sort((x, y) => x.by - y.by)
    .map(({ l }) => l)
  const loops = [...groups.outer, ...inner]
  const place = (has: (role: Axis['role']) => boolean, c: boolean) => {
    const axes = loops.flatMap((l, i) => (has(l.role) ? [i] : []))
    const sizes = axes.map((i) => element(loops, i).size)
    const laid = c ? scattered(sizes, draw, true) : overlapping(sizes, draw)
    return { ...laid, strides: loops.map((_, i) => (axes.includes(i) ? element(laid.strides, axes.indexOf(i)) : 0)) }
  }
  const a = place((r) => r !== 'n', false)
  const b = place((r) => r !== 'm', false)
  const c = place((r) => r !== 'k', true)
  return {
    kernel: {
      kind: 'contract',
      name: 'contract',
      outer: groups.outer.length,
      axes: loops.map((l, i) => ({
        ...l,
        a: element(a.strides, i),
        b: element(b.strides, i),
        c: element(c.strides, i),
      })),
      a: { buffer: 0, offset: a.offset },
      b: { buffer: 1, offset: b.offset },
      c: { buffer: 2, offset: c.offset },
    },
    sizes: [a.size, b.size, c.size],
  }
}

const moved = (k: Kernel, by: number): Kernel => {
  const shift = <O extends { readonly buffer: number }>(o: O): O => ({ ...o, buffer: o.buffer + by })
  const nestMoved = (n: Nest): Nest => ({ ...n, loads: n.loads.map((o: Operand) => shift(o)), store: shift(n.store) })
  const contractMoved = (x: Contract): Contract => ({ ...x, a: shift(x.a), b: shift(x.b), c: shift(x.c) })
  return k.kind === 'nest' ? nestMoved(k) : contractMoved(k)
}

const rowsOf = (k: Kernel): number => product(k.kind === 'nest' ? k.outer : k.axes.slice(0, k.outer).map((l) => l.size))

/**
 * Every case in a region of its own; `chained` adds a kernel of no effect, so that rows are taken as the plan names
 * them.
 */
const planOf = (cases: readonly Case[], chained: boolean): Plan => {
  const starts = cases.map((_, i) => cases.slice(0, i).reduce((s, c) => s + c.sizes.length + 1, 0))
  const buffers = cases.flatMap((c, i) => [
    ...c.sizes.map((size, j) => ({ name: `b${i}.${j}`, size })),
    { name: `extra${i}`, size: rowsOf(c.kernel) },
  ])
  const ports = cases.flatMap((c, i) =>
    c.sizes.map((size, j) => ({ name: `b${i}.${j}`, buffer: element(starts, i) + j, shape: [size] })),
  )
  return {
    buffers,
    inputs: ports,
    outputs: ports.filter((p) =>
      p.name.endsWith(`.${element(cases, Number(p.name.slice(1).split('.')[0])).sizes.length - 1}`),
    ),
    constants: [],
    ignored: [],
    state: [],
    lifetimes: buffers.map(() => null),
    regions: cases.map((c, i) => {
      const start = element(starts, i)
      const extent = rowsOf(c.kernel)
      const extra: Nest = {
        kind: 'nest',
        name: 'extra',
        outer: [extent],
        kept: [],
        reduced: [],
        fold: null,
        expression: constant(1),
        loads: [],
        store: { buffer: start + c.sizes.length, offset: 0, strides: [1] },
      }
      return { name: `r${i}`, extent, kernels: [moved(c.kernel, start), ...(chained ? [extra] : [])] }
    }),
  }
}

/** Numbers of both signs, deterministic, with few digits. */
const feedsOf = (plan: Plan): Record<string, Float32Array> =>
  Object.fromEntries(
    plan.inputs.map((p, i) => [
      p.name,
      Float32Array.from(
        { length: element(plan.buffers, p.buffer).size },
        (_, j) => ((j * 37 + i * 101 + 11) % 127) / 32 - 2,
      ),
    ]),
  )

const agree = async (cases: readonly Case[], chained: boolean, backend: Backend): Promise<void> => {
  const plan = planOf(cases, chained)
  const feeds = feedsOf(plan)
  const expected = interpret(plan, feeds)
  const executables = await Promise.all([1, 2].map((threads) => backend.compile(plan, { threads })))
  const results = await Promise.all(executables.map((e) => e.run(feeds)))
  await Promise.all(executables.map((e) => e.dispose()))
  const [one = {}, two = {}] = results
  for (const { name, buffer } of plan.outputs) {
    const [found, other] = [one[name] ?? [], two[name] ?? []]
    ;(expected[buffer] ?? []).forEach((near: Near, i) => {
      const [x = Number.NaN, y = Number.NaN] = [found[i], other[i]]
      if (!Object.is(x, y)) throw new Error(`${name}[${i}]: ${x} on one thread, ${y} on two`)
      if (!holds(near, x))
        throw new Error(`${name}[${i}] = ${x}, expected ${near.value}, between ${near.low} and ${near.high}`)
    })
  }
}

const many = (make: (numbers: readonly number[]) => Case) => fc.array(draws.map(make), { minLength: 1, maxLength: 24 })
const runs = { numRuns: 4 }

t.test('any nest agrees with the oracle, bit-identical on one and two threads', () =>
  fc.assert(
    fc.asyncProperty(many(nest), fc.boolean(), (cases, chained) => agree(cases, chained, wasm)),
    runs,
  ),
)

t.test('any nest of long reductions agrees with the oracle, bit-identical on one and two threads', () =>
  fc.assert(
    fc.asyncProperty(many(longNest), fc.boolean(), (cases, chained) => agree(cases, chained, wasm)),
    runs,
  ),
)

for (const { name, skip } of await formsToTry())
  t.test(`any contract agrees with the oracle (${name}), bit-identical on one and two threads`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(many(contract), fc.boolean(), (cases, chained) =>
        agree(cases, chained, wasmBackend({ kernel: name })),
      ),
      runs,
    ),
  )

t.test('buffers with overlapping lifetimes never overlap in memory', (test) => {
  const life = fc
    .tuple(fc.nat(9), fc.nat(9))
    .map(([a, b]): readonly [number, number] => [Math.min(a, b), Math.max(a, b)])
  const buffer = fc.record({ size: fc.nat(300), life: fc.option(life) })
  fc.assert(
    fc.property(fc.array(buffer, { maxLength: 40 }), fc.nat(5), (list, inputs) => {
      const plan: Plan = {
        buffers: list.map((b, i) => ({ name: `b${i}`, size: b.size })),
        inputs: list.slice(0, inputs).map((b, i) => ({ name: `b${i}`, buffer: i, shape: [b.size] })),
        constants: [],
        ignored: [],
        outputs: [],
        state: [],
        regions: Array.from({ length: 10 }, (_, i) => ({ name: `r${i}`, extent: 0, kernels: [] })),
        lifetimes: list.map((b) => b.life),
      }
      const live = lives(plan)
      const { addresses, end } = layOut(plan, 64)
      list.forEach((b, i) => {
        const [from, to] = [element(addresses, i), element(addresses, i) + 4 * b.size]
        if (from < 64 || to > end || from % 64 !== 0) throw new Error(`buffer ${i} lies outside of the arena`)
        list.slice(0, i).forEach((c, j) => {
          const [start, stop] = [element(addresses, j), element(addresses, j) + 4 * c.size]
          const [p, q] = [element(live, i), element(live, j)]
          if (p.first <= q.last && q.first <= p.last && from < stop && start < to)
            throw new Error(`buffers ${i} and ${j} overlap`)
        })
      })
    }),
  )
  test.end()
})
