/**
 * What anyone can do with primitives of their own, by what the package exports alone: gradients, rewrites, fusion,
 * printing, and the same numbers on every backend.
 */
import fc from 'fast-check'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { wasmBackend } from '../../backends/wasm/index.ts'
import { webgpu } from '../../backends/webgpu/index.ts'
import { agreementLaw, primitiveLaws } from '../../src/check/index.ts'
import {
  evaluate,
  full,
  grad,
  input,
  planOf,
  primitivesOf,
  printGraph,
  printPlan,
  simplify,
  sum,
  type Tensor,
} from '../../src/index.ts'
import { formsToTry } from '../backends/wasm/products.ts'
import { gpuFound } from '../gpuFound.ts'
import { webgpuFound } from '../webgpuFound.ts'
import * as declared from './declared.ts'
import { logAddExp, product, sinc, softplus, swigluPrimitive } from './declared.ts'

const { cpu, gpu } = backends
const rows = primitivesOf(declared)
const seed = fc.nat(2 ** 31 - 1)

t.test('every primitive of the module is found', async (t) => {
  const names = ['cos', 'cube', 'logAddExp', 'product', 'sin', 'sinc', 'softplus', 'swiglu']
  t.same(rows.map((row) => row.name).toSorted(), names)
})

for (const row of rows)
  for (const { name, holds } of primitiveLaws(cpu)(row))
    t.test(name, () => fc.assert(fc.asyncProperty(seed, holds), { numRuns: 10 }))

const forms = (await formsToTry()).map(({ name, skip }) => ({
  name: `wasm, ${name}`,
  backend: wasmBackend({ kernel: name }),
  skip,
}))
for (const { name, backend, skip } of [
  ...forms,
  { name: 'gpu', backend: gpu, ...(await gpuFound()) },
  { name: 'webgpu', backend: webgpu, ...(await webgpuFound()) },
])
  t.test(`${name} computes them as cpu does`, { skip }, () => agreementLaw(backend, cpu)(...rows).holds(5))

const [a, b] = [input('a', [4, 8]), input('b', [4, 8])]
const swiglu = (gate: Tensor, value: Tensor): Tensor => swigluPrimitive.apply({}, [gate, value])

t.test('their algebra is used: identities vanish, constants meet, equal inputs are one', async (t) => {
  const normal = (y: Tensor): Tensor | undefined => simplify([y])[0]
  t.equal(normal(logAddExp(a, Number.NEGATIVE_INFINITY)), a)
  t.equal(normal(logAddExp(Number.NEGATIVE_INFINITY, a)), a)
  t.match(printGraph({ y: normal(logAddExp(a, a)) ?? a }), /add\(/)
  const [left, right] = simplify([logAddExp(a, b), logAddExp(b, a)])
  t.equal(left, right, 'f(a, b) and f(b, a) are one node')
  const joined = printGraph({ y: normal(logAddExp(1, logAddExp(a, 2))) ?? a })
  t.equal(joined.match(/logAddExp\(/g)?.length, 1, joined)
  t.match(joined, /value: 2\.313/, 'log(e + e^2)')
  t.match(printGraph({ y: normal(product(full(2, [2, 3]))) ?? a }), /value: 64/, 'the product of six twos')
  t.match(printGraph({ y: normal(softplus(0)) ?? a }), /value: 0\.693/)
})

t.test('elementwise ones fuse into one kernel, and a reduction takes what it folds with it', async (t) => {
  const kernels = (y: Tensor) => planOf({ outputs: { y }, state: {} }).regions.flatMap((r) => r.kernels)
  t.equal(kernels(sinc(softplus(swiglu(a, b)))).length, 1)
  t.equal(kernels(product([1], { keep: true })(softplus(a))).length, 1)
})

t.test('graphs and plans print them by their names', async (t) => {
  const y = product([1], { keep: true })(softplus(swiglu(a, b)))
  t.equal(
    printGraph({ y }),
    [
      '%0 = input() {name: a} [4, 8]',
      '%1 = input() {name: b} [4, 8]',
      '%2 = swiglu(%0, %1) [4, 8]',
      '%3 = softplus(%2) [4, 8]',
      '%4 = product(%3) {axes: [1]} [4, 1]',
      'y: %4',
    ].join('\n'),
  )
  t.match(
    printPlan(planOf({ outputs: { y }, state: {} })),
    /y = product over 8 of softplus\(mul\(mul\(a, sigmoid\(a\)\), b\)\) {2}for 1 \| 4/,
  )
})

t.test('a gradient of all of them together is a graph of them', async (t) => {
  const f = (x: Tensor): Tensor => sum(product([1])(softplus(swiglu(x, sinc(x)))))
  const x = input('x', [2, 3])
  const { g } = await evaluate(cpu)({ g: grad(f)(x) }, { x: Float64Array.of(1, 2, 3, -1, -2, 0.5) })
  t.ok(g?.every(Number.isFinite))
  t.match(printGraph({ g: grad(f)(x) }), /cos\(/)
})
