/**
 * Laws of the wasm backend's special algorithms for products: convolutions and their weight gradients by Winograd's
 * algorithm, and long products with both operands packed (without batches, one of them before the region). Compared with
 * `cpu`, and bit-identical for any number of threads.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { forms, type KernelName } from '../backends/wasm/features.ts'
import { program } from '../backends/wasm/program.ts'
import { winogradShape } from '../backends/wasm/winograd.ts'
import { byForm, distance, formsToTry, magnitude, numbers, on, same, whole } from '../spec/backends/wasm/products.ts'
import { planOf } from '../src/lower/compile.ts'
import { add, contract, conv, input, reshape, silu, type Tensor } from '../src/tensor/ops.ts'
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
      { numRuns: 6 },
    ),
  )

/** Blocks of pixels whose products are summed in parts, the last of them shorter: 117, 152 and 130 blocks. */
const parts: readonly Shape[] = [
  { b: 13, h: 12, w: 12, cin: 16, cout: 32 },
  { b: 19, h: 8, w: 16, cin: 32, cout: 16 },
  { b: 13, h: 8, w: 20, cin: 16, cout: 16 },
]

for (const { name, skip } of toTry)
  t.test(`winograd (${name}): a weight's gradient in parts that do not divide evenly is cpu's`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...parts), seeds, (shape, seed) => holds(name, shape, seed)),
      { numRuns: 2 },
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
  t.test(`other convolutions (${name}): they and both their gradients are cpu's`, { skip }, () =>
    fc.assert(
      fc.asyncProperty(others, seeds, async (shape, seed) => {
        if (kinds(convolution(shape), name).some((kind) => kind !== undefined)) throw new Error('they qualify')
        return holds(name, shape, seed)
      }),
      { numRuns: 2 },
    ),
  )

/** b products of [k, m] and [k, n]: how a weight's gradient lies; `split` takes m apart as heads do. */
const gradient = (b: number, m: number, n: number, k: number, split: boolean): Tensor => {
  const dy = input('dy', [b, k, n])
  if (!split) return contract({ batch: [[0, 0]], sum: [[1, 1]] })(input('x', [b, k, m]), dy)
  const x = reshape([b, 2, k, m / 2])(input('x', [b, k, m]))
  return contract({ batch: [[0, 0]], sum: [[2, 1]] })(x, dy)
}

/** Both operands packed: a product of one batch and few rows packs a before its region, the others cell by cell. */
const long: Readonly<
  Record<'ahead' | 'by cells', { readonly b: fc.Arbitrary<number>; readonly n: fc.Arbitrary<number> }>
> = {
  ahead: { b: fc.constant(1), n: fc.integer({ min: 33, max: 100 }) },
  'by cells': { b: fc.constantFrom(2, 9), n: fc.integer({ min: 1, max: 70 }) },
}

for (const { name, skip } of toTry)
  for (const [packed, { b, n }] of Object.entries(long))
    t.test(`long products (${name}), packed ${packed}: with both operands packed the sum is exact`, { skip }, () =>
      fc.assert(
        fc.asyncProperty(
          fc.record({
            b,
            m: fc.integer({ min: 6, max: 50 }).map((x) => 4 * x),
            n,
            k: fc.integer({ min: 48, max: 600 }),
            split: fc.boolean(),
            seed: seeds,
          }),
          async ({ b, m, n, k, split, seed }) => {
            const outputs = { dw: gradient(b, m, n, k, split) }
            const { text } = program(planOf({ outputs, state: {} }), forms[name])
            if (/\(elem .*\$packAhead/.test(text) !== (packed === 'ahead'))
              throw new Error('it is packed in another way')
            const feeds = { x: whole(seed, b * k * m), dy: whole(seed + 1, b * k * n) }
            const exact = await on(cpu, 1, outputs, feeds)
            const { single, two } = await byForm(name, outputs, feeds)
            return distance(exact, single) === 0 && same(single, two)
          },
        ),
        { numRuns: 3 },
      ),
    )
