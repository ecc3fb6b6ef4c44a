/**
 * Laws of scalar functions: the expression over the core is the function, in float32 as on every backend; and every
 * backend computes the core.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { gpu } from '../backends/gpu/index.ts'
import { wasmBackend } from '../backends/wasm/index.ts'
import { webgpu } from '../backends/webgpu/index.ts'
import { formsToTry } from '../spec/backends/wasm/products.ts'
import { gpuFound } from '../spec/gpuFound.ts'
import { webgpuFound } from '../spec/webgpuFound.ts'
import { evaluateFloat32 } from '../src/tensor/expression.ts'
import { distance, fewRoundings } from './agreement/agree.ts'
import { functions, inUnits, scalarLaws, type Tried, within } from './scalars.ts'

/** Units in the last place. */
const units = 3

const holdsAt = ({ fn, interval: [low, high] }: Tried, x: number): void => {
  const found = evaluateFloat32(fn.body, [x])
  const asked = Number.isNaN(x) || (x >= low && x <= high)
  if (asked && !inUnits(units)(found, fn, x))
    throw new Error(`${fn.name}(${x}) is ${found} in float32, expected ${Math.fround(fn.meaning(x))}`)
}

t.test('the table has such functions', async (t) => {
  t.ok(['exp', 'log', 'tanh', 'sigmoid'].every((name) => functions.some(({ fn }) => fn.name === name)))
})

for (const asked of functions)
  t.test(`${asked.fn.name}: its expression in float32 is its meaning, wherever it is asked`, async () => {
    for (const x of [0, -0, Infinity, -Infinity, Number.NaN, 2 ** -126, 2 ** -149, -(2 ** -149)]) holdsAt(asked, x)
    fc.assert(
      fc.property(fc.nat(2 ** 30), (seed) => {
        for (const x of within(asked.interval, seed, 64)) holdsAt(asked, x)
      }),
      { numRuns: 24 },
    )
  })

t.test('a function that is odd keeps the sign of 0', async (t) => {
  const odd = functions.filter(({ fn }) => Object.is(fn.meaning(-0), -0))
  t.ok(odd.length > 0)
  for (const { fn } of odd) t.ok(Object.is(evaluateFloat32(fn.body, [-0]), -0), fn.name)
})

scalarLaws('cpu', cpu, { core: () => 0, isFunction: inUnits(units), specials: true })

for (const { name, skip } of await formsToTry())
  scalarLaws(
    `wasm (${name})`,
    wasmBackend({ kernel: name }),
    { core: () => 0, isFunction: inUnits(6), specials: true },
    { skip },
  )

// what shaders promise (WGSL, 15.7.4) is looser: quotients and roots, and functions to so much beside 1 or their size
for (const [name, backend, found] of [
  ['gpu', gpu, await gpuFound()],
  ['webgpu', webgpu, await webgpuFound()],
] as const)
  scalarLaws(
    name,
    backend,
    {
      core: (op) => (op === 'div' || op === 'sqrt' ? 4 : 0),
      isFunction: (y, fn, x) => distance([y], [fn.meaning(x)]) <= fewRoundings,
      specials: false,
    },
    found,
  )
