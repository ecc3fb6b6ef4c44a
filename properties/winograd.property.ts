/**
 * Laws of the convolutions that the wasm backend computes by Winograd's algorithm, their weight gradients among them, and
 * of those that it does not. Held to `cpu`, in the same bits on any threads.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { forms, type KernelName } from '../backends/wasm/features.ts'
import { winogradShape } from '../backends/wasm/winograd.ts'
import { byForm, distance, formsToTry, magnitude, numbers, on, same } from '../spec/backends/wasm/products.ts'
import { planOf } from '../src/lower/compile.ts'
import { add, conv, input, silu, type Tensor } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'

const seeds = fc.integer({ min: 1, max: 1 << 30 })
const toTry = await formsToTry()

const conv3x3 = conv({ stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1], low: [1, 1], high: [1, 1] })

interface Shape {
  readonly b: number
  readonly h: number
  readonly w: number
  readonly cin: number
  readonly cout: number
}

type Outputs = Readonly<Record<string, Tensor>>

/** A convolution and both its gradients; images get a bias and an activation, which run in their regions. */
const convolution = ({ b, h, w, cin, cout }: Shape): Outputs => {
  const [x, kernel, dy] = [input('x', [b, h, w, cin]), input('kernel', [3, 3, cin, cout]), input('dy', [b, h, w, cout])]
  const y = conv3x3(x, kernel)
  const [dx, dkernel] = vjp(y, dy, [x, kernel])
  if (dx === undefined || dkernel === undefined) throw new Error('a convolution has two gradients')
  return { y: silu(add(y, input('bias', [cout]))), dx: silu(add(dx, input('biasX', [cin]))), dkernel }
}

/** What its products are to the wasm backend, in the order of the plan. */
const kinds = (outputs: Outputs, kernel: KernelName): readonly (string | undefined)[] =>
  planOf({ outputs, state: {} })
    .regions.flatMap((r) => r.kernels)
    .flatMap((k) => (k.kind === 'contract' ? [winogradShape(k, forms[kernel].width)?.kind] : []))
    .toSorted()

const holds = async (kernel: KernelName, shape: Shape, seed: number): Promise<boolean> => {
  const outputs = convolution(shape)
  const { b, h, w, cin, cout } = shape
  const feeds = {
    x: numbers(seed, b * h * w * cin),
    kernel: numbers(seed + 1, 9 * cin * cout),
    dy: numbers(seed + 2, b * h * w * cout),
    bias: numbers(seed + 3, cout),
    biasX: numbers(seed + 4, cin),
  }
  const sizes = Object.fromEntries(Object.entries(feeds).map(([name, x]) => [name, magnitude(x)]))
  const [exact, scale] = [await on(cpu, 1, outputs, feeds), await on(cpu, 1, outputs, sizes)]
  const { single, two } = await byForm(kernel, outputs, feeds)
  return distance(exact, single, scale) < 1e-6 && same(single, two)
}

/** Whole blocks, and whole panels of channels in both directions. */
const qualifying: fc.Arbitrary<Shape> = fc.record({
  b: fc.constantFrom(1, 2, 8, 9),
  h: fc.constantFrom(4, 8),
  w: fc.constantFrom(4, 8, 12),
  cin: fc.constantFrom(16, 32),
  cout: fc.constantFrom(16, 32),
})

for (const { name, skip } of toTry)
  t.test(`winograd (${name}): a convolution and both its gradients are cpu's`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(qualifying, seeds, async (shape, seed) => {
        const found = kinds(convolution(shape), name)
        if (found.join() !== 'conv,conv,gradient') throw new Error(`they are products of other kinds: ${found}`)
        return holds(name, shape, seed)
      }),
      { numRuns: 2 },
    ),
  )

/** Blocks of pixels whose products are summed in parts, the last of them shorter: 117, 152 and 130 blocks. */
const parts: readonly Shape[] = [
  { b: 13, h: 12, w: 12, cin: 16, cout: 16 },
  { b: 19, h: 8, w: 16, cin: 16, cout: 16 },
  { b: 13, h: 8, w: 20, cin: 16, cout: 16 },
]

for (const { name, skip } of toTry)
  t.test(`winograd (${name}): a weight's gradient in parts that do not divide evenly is cpu's`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...parts), seeds, (shape, seed) => holds(name, shape, seed)),
      { numRuns: 1 },
    ),
  )

/** Too small, or not in whole blocks. */
const others: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({
    b: fc.constantFrom(1, 3),
    h: fc.constantFrom(6, 7),
    w: fc.constantFrom(4, 10),
    cin: fc.constantFrom(8, 16),
    cout: fc.constantFrom(16, 20),
  }),
  fc.record({
    b: fc.constantFrom(1, 3),
    h: fc.constant(4),
    w: fc.constantFrom(4, 8),
    cin: fc.constantFrom(8, 12),
    cout: fc.constantFrom(16, 20),
  }),
)

for (const { name, skip } of toTry)
  t.test(`other convolutions (${name}): with both their gradients they are cpu's`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(others, seeds, async (shape, seed) => {
        if (kinds(convolution(shape), name).some((kind) => kind !== undefined)) throw new Error('they qualify')
        return holds(name, shape, seed)
      }),
      { numRuns: 1 },
    ),
  )
