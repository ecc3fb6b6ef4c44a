/**
 * Threads synchronise between regions: while one of them works on a slow row, the others, which are idle, must not start
 * what depends on it.
 */
import fc from 'fast-check'
import t from 'tap'
import { wasm } from '../backends/wasm/index.ts'
import type { Nest } from '../src/plan/kernel.ts'
import type { Plan, Region } from '../src/plan/plan.ts'
import { sumFold } from '../src/tensor/broadcast.ts'
import { operand, X } from '../src/tensor/expression.ts'

const [rows, columns, repeats] = [64, 64, 1024]
const n = rows * columns

/** s = the sum over v, `repeats` times: one row, on one thread. */
const slow = (v: number, s: number): Nest => ({
  kind: 'nest',
  name: 'slow',
  outer: [],
  kept: [],
  reduced: [repeats, n],
  fold: sumFold,
  expression: operand(0),
  loads: [{ buffer: v, offset: 0, strides: [0, 1] }],
  store: { buffer: s, offset: 0, strides: [] },
})

/** w = 2 s / (repeats n) - v: every thread may take rows of it. */
const turned = (v: number, s: number, w: number): Nest => ({
  kind: 'nest',
  name: 'turned',
  outer: [rows],
  kept: [columns],
  reduced: [],
  fold: null,
  expression: X.sub(X.mul(operand(1), 2 / (repeats * n)), operand(0)),
  loads: [
    { buffer: v, offset: 0, strides: [columns, 1] },
    { buffer: s, offset: 0, strides: [0, 0] },
  ],
  store: { buffer: w, offset: 0, strides: [columns, 1] },
})

const alone = (kernel: Nest, extent: number): Region => ({ name: kernel.name, extent, kernels: [kernel] })

/** Buffers v0, s0, v1, s1, ...: each s from the v before, each v from both before. */
const chain = (links: number): Plan => {
  const buffers = Array.from({ length: 2 * links + 1 }, (_, i) => ({ name: `b${i}`, size: i % 2 === 0 ? n : 1 }))
  return {
    buffers,
    inputs: [{ name: 'x', buffer: 0, shape: [n] }],
    ignored: [],
    constants: [],
    outputs: [{ name: 'y', buffer: 2 * links, shape: [n] }],
    state: [],
    regions: Array.from({ length: links }, (_, i) => [
      alone(slow(2 * i, 2 * i + 1), 1),
      alone(turned(2 * i, 2 * i + 1, 2 * i + 2), rows),
    ]).flat(),
    lifetimes: buffers.map(() => null),
  }
}

t.test('a region starts after the one before it has ended', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 }), async (threads, links) => {
      const executable = await wasm.compile(chain(links), { threads })
      try {
        // alternately c and 0 become 0 and c; another c in every run, so that stale values are wrong
        for (const c of [1, 2, 3, 4]) {
          const { y = [] } = await executable.run({ x: Float32Array.from({ length: n }, (_, i) => c * (i % 2)) })
          const wrong = Array.from(y).findIndex((v, i) => v !== c * ((i + links) % 2))
          if (wrong >= 0) throw new Error(`run ${c}: element ${wrong} is ${y[wrong]}`)
        }
      } finally {
        await executable.dispose()
      }
    }),
    { numRuns: 4 },
  )
  t.pass('4 plans, 4 runs each')
})
