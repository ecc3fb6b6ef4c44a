/**
 * Laws of the gpu backend's programs that need no device: kernels are JavaScript, so here they run as JavaScript, in
 * float64. The agreement suite tests them on devices.
 */

import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { folded } from '../backends/gpu/fold.ts'
import { type GpuProgram, program } from '../backends/gpu/program.ts'
import { quotient } from '../backends/gpu/source.ts'
import { compact, count, storedElements } from '../backends/gpu/store.ts'
import { element } from '../src/codec/element.ts'
import { evaluate, planOf } from '../src/lower/compile.ts'
import type { Named } from '../src/plan/backend.ts'
import type { Plan } from '../src/plan/plan.ts'
import { sumFold } from '../src/tensor/broadcast.ts'
import { evaluate as evaluateExpression } from '../src/tensor/expression.ts'
import {
  add,
  concat,
  contract,
  exp,
  flip,
  input,
  max,
  mul,
  neg,
  sigmoid,
  type Tensor,
  tanh,
} from '../src/tensor/ops.ts'
import { size } from '../src/tensor/shape.ts'
import { distance } from './agreement/agree.ts'
import { evenly } from './evenly.ts'
import { randomGraph } from './graphs.ts'

type Thread = (
  this: { readonly thread: { readonly x: number } },
  ...arrays: readonly Float64Array[]
) => number | number[]

/** Runs a program's kernels as JavaScript; an out-of-bounds read is an error. */
const interpret = (plan: Plan, { given, calls, final, dead, values: sizes }: GpuProgram, feeds: Named): Named => {
  const values = new Map<number, Float64Array>()
  for (const { buffer, data } of plan.constants) values.set(given.get(buffer) ?? -1, data)
  for (const { name, buffer } of plan.inputs) values.set(given.get(buffer) ?? -1, Float64Array.from(feeds[name] ?? []))
  for (const [i, { code, reads, makes }] of calls.entries()) {
    const kernel: Thread = new Function(`${quotient}; return ${code.text}`)()
    const arrays = reads.map((v) => {
      const array = values.get(v)
      if (array === undefined) throw new Error(`call ${i} reads value ${v}, which is gone or was never made`)
      return array
    })
    const made = Array.from({ length: code.threads }, (_, x) => kernel.call({ thread: { x } }, ...arrays)).flat()
    if (made.length !== sizes[makes]) throw new Error(`call ${i} makes ${made.length} of ${sizes[makes]} elements`)
    if (made.includes(Number.NaN)) throw new Error(`call ${i} read outside of an array:\n${code.text}`)
    values.set(makes, Float64Array.from(made))
    for (const v of dead[i] ?? []) values.delete(v)
  }
  return Object.fromEntries(
    plan.outputs.map((p) => [p.name, values.get(final.get(p.buffer) ?? -1) ?? new Float64Array()]),
  )
}

for (const wide of [true, false])
  t.test(`the kernels of a plan compute what the plan means (${wide ? 'four elements' : 'one element'} a thread)`, () =>
    fc.assert(
      fc.asyncProperty(randomGraph(24), async ({ outputs, feeds, inputs }) => {
        const plan = planOf({ outputs, state: {}, inputs })
        const [found, expected] = [
          interpret(plan, program(plan, wide), feeds),
          await evaluate(cpu)(outputs, feeds, inputs),
        ]
        return Object.keys(expected).every((name) => distance(found[name], expected[name]) < 1e-9)
      }),
      { numRuns: 100 },
    ),
  )

t.test('saturating functions are right for arbitrarily large arguments', () =>
  fc.assert(
    fc.asyncProperty(fc.array(evenly(-100, 100), { minLength: 4, maxLength: 4 }), async (xs) => {
      const x = input('x', [4])
      const outputs = { tanh: tanh(x), sigmoid: sigmoid(x), gauss: exp(neg(mul(x, x))) }
      const [plan, feeds] = [planOf({ outputs, state: {} }), { x: Float64Array.from(xs) }]
      const found = interpret(plan, program(plan, true), feeds)
      const expected: Named = await evaluate(cpu)(outputs, feeds)
      return Object.keys(expected).every((name) => distance(found[name], expected[name]) < 1e-15)
    }),
  ),
)

t.test('a product that is stored backwards means what it means, four elements a thread', () => {
  const backwards = (plan: Plan): boolean =>
    plan.regions.some((r) =>
      r.kernels.some((k) => (k.kind === 'nest' ? k.store.strides : k.axes.map((x) => x.c)).some((s) => s < 0)),
    )
  const four = fc.integer({ min: 1, max: 3 }).map((n) => 4 * n)
  return fc.assert(
    fc.asyncProperty(four, four, fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 1), async (m, n, k, axis) => {
      const y = flip([axis])(contract({ sum: [[1, 0]] })(input('a', [m, k]), input('b', [k, n])))
      const outputs = { y: concat(0)([y, input('c', [4, n])]) }
      const plan = planOf({ outputs, state: {} })
      const feeds = Object.fromEntries(
        plan.inputs.map((p, i) => [
          p.name,
          Float64Array.from({ length: size(p.shape) }, (_, j) => ((j * 7 + i * 3) % 11) - 5),
        ]),
      )
      if (!backwards(plan)) throw new Error('it is stored forwards')
      const [found, expected] = [interpret(plan, program(plan, true), feeds), await evaluate(cpu)(outputs, feeds)]
      return distance(found.y, expected.y) === 0
    }),
    { numRuns: 30 },
  )
})

t.test('a long fold takes every term once, whatever its loops', (test) => {
  const loops = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 60, max: 700 })), {
    minLength: 1,
    maxLength: 3,
  })
  fc.assert(
    fc.property(
      loops.filter((sizes) => size(sizes) <= 20_000),
      fc.constantFrom(sumFold, max.fold),
      (sizes, fold) => {
        const steps = sizes.map((_, i) => size(sizes.slice(i + 1)))
        const text = folded({
          fold,
          loops: sizes.map((n, axis) => ({ name: `r${axis}`, size: n, axis })),
          within: (depth) => {
            const at = depth === 0 ? [] : [`const at${depth} = at${depth - 1} + r${depth - 1} * ${steps[depth - 1]}`]
            return depth === sizes.length ? [...at, `const v = x[at${depth}]`] : at
          },
          values: ['v'],
        })
        const run = new Function('x', ['const at0 = 0', 'let s0 = 0', ...text, 'return s0'].join('\n'))
        const terms = Float64Array.from({ length: size(sizes) }, (_, i) => (i * 7919) % 1009)
        const exact = terms.reduce((all, v) => evaluateExpression(fold.combine, [all, v]), 0)
        return run(terms) === exact
      },
    ),
  )
  test.end()
})

t.test('a kernel reads at most seven arrays, however many an expression has', (test) => {
  fc.assert(
    fc.property(fc.integer({ min: 7, max: 20 }), (n) => {
      const xs = Array.from({ length: n }, (_, i) => input(`x${i}`, [4]))
      const sum = xs.reduce<Tensor>((a, x, i) => (i % 2 === 0 ? add(a, x) : mul(a, add(x, 1))), input('x', [4]))
      const plan = planOf({ outputs: { sum }, state: {} })
      const made = program(plan, true)
      const feeds = Object.fromEntries(plan.inputs.map((p, i) => [p.name, Float64Array.from([i, -1, 0.5, i / 7])]))
      const expected = xs.reduce(
        (a, _, i) =>
          a.map((v, j) => {
            const x = feeds[`x${i}`]?.[j] ?? Number.NaN
            return i % 2 === 0 ? v + x : v * (x + 1)
          }),
        feeds.x ?? new Float64Array(),
      )
      return (
        made.calls.every((c) => c.reads.length <= 7) && distance(interpret(plan, made, feeds).sum, expected) < 1e-12
      )
    }),
  )
  test.end()
})

t.test('the digits of a box count its elements, each once', (test) => {
  const axis = fc.record({
    size: fc.integer({ min: 1, max: 5 }),
    gap: fc.integer({ min: 1, max: 3 }),
    back: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(axis, { maxLength: 4 }),
      fc.nat(9),
      fc.array(fc.nat(99), { minLength: 4, maxLength: 4 }),
      (axes, low, order) => {
        // strides from the inside out, with gaps, then the axes in any order
        const strides = axes.reduceRight<readonly number[]>((done, a, i) => {
          const inner = i + 1 < axes.length ? element(done, 0) * element(axes, i + 1).size : 1
          return [inner * a.gap, ...done]
        }, [])
        const mixed = axes
          .map((a, i) => ({ ...a, stride: (a.back ? -1 : 1) * element(strides, i), at: element(order, i) }))
          .toSorted((a, b) => a.at - b.at)
        const back = mixed.reduce((sum, a) => sum + (a.back ? -a.stride * (a.size - 1) : 0), 0)
        const box = storedElements(
          { buffer: 0, offset: low + back, strides: mixed.map((a) => a.stride) },
          mixed.map((a) => a.size),
        )
        if (box === null) return false
        const elements = box.digits.reduce<readonly number[]>(
          (at, d) => at.flatMap((e) => Array.from({ length: d.size }, (_, i) => e + i * d.stride)),
          [box.low],
        )
        const tight = compact(box)
        return (
          box.low === low &&
          new Set(elements).size === size(mixed.map((a) => a.size)) &&
          count(box) === elements.length &&
          tight.digits.reduce((n, d) => n + (d.size - 1) * d.stride, 1) === elements.length
        )
      },
    ),
  )
  test.end()
})
