/** Products whose way through the wasm backend has parts: rows in groups and in pairs, strips in regions. */
import t from 'tap'
import { cpu } from '../../../backends/cpu/index.ts'
import { forms, type KernelName } from '../../../backends/wasm/features.ts'
import { program } from '../../../backends/wasm/program.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { upsampleConv } from '../../../src/nn/conv.ts'
import type { Numbers } from '../../../src/plan/backend.ts'
import { concat, contract, conv, input, matmul, mul, type Tensor, take, transpose } from '../../../src/tensor/ops.ts'
import { size } from '../../../src/tensor/shape.ts'
import { vjp } from '../../../src/transform/grad.ts'
import { byForm, distance, formsToTry, magnitude, numbers, on, same, whole } from './products.ts'

type Outputs = Readonly<Record<string, Tensor>>

const feedsOf = (outputs: Outputs, draw: (seed: number, n: number) => Numbers) =>
  Object.fromEntries(
    planOf({ outputs, state: {} }).inputs.map(({ name, shape }, i) => [name, draw(i + 1, size(shape))]),
  )

/** What forms of wasm do wrong, or not the same on one thread and on two; sums of whole numbers are exact. */
const wrong = async (outputs: Outputs): Promise<readonly string[]> => {
  const feeds = feedsOf(outputs, whole)
  const exact = await on(cpu, 1, outputs, feeds)
  const seen: string[] = []
  for (const { name, skip } of await formsToTry()) {
    if (skip !== false) continue
    const { single, two } = await byForm(name, outputs, feeds)
    const far = distance(exact, single)
    if (far !== 0) seen.push(`${name}: off by ${far}`)
    if (!same(single, two)) seen.push(`${name}: other bits on two threads`)
  }
  return seen
}

t.test('packed rows: several groups in one claim, of one product and of many', async (t) => {
  t.same(await wrong({ dw: contract({ sum: [[0, 0]] })(input('x', [48, 3840]), input('dy', [48, 32])) }), [])
  const many = contract({ batch: [[0, 0]], sum: [[1, 1]] })(input('x', [17, 64, 514]), input('dy', [17, 64, 16]))
  t.same(await wrong({ dw: many }), [])
})

/** Products of several sizes in one plan, by name. */
const each = <A>(list: readonly A[], product: (of: A, name: string) => Tensor): Outputs =>
  Object.fromEntries(list.map((of, i) => [`y${i}`, product(of, String(i))]))

t.test('panels: terms that lie side by side in b are packed to the last one, and columns too', async (t) => {
  const sizes = [4, 5, 6, 7, 8, 17, 131].flatMap((k) => [[40, k, 33] as const, [100, k, 16] as const])
  const product = ([m, k, n]: (typeof sizes)[number], name: string): Tensor =>
    contract({ sum: [[1, 1]] })(input(`a${name}`, [m, k]), input(`b${name}`, [n, k]))
  t.same(await wrong(each(sizes, product)), [])
})

t.test('packed rows: groups of six, the last one short', async (t) => {
  const product = (m: number, name: string): Tensor =>
    contract({ batch: [[0, 0]], sum: [[1, 1]] })(input(`x${name}`, [9, 64, m]), input(`dy${name}`, [9, 64, 20]))
  t.same(await wrong(each([24, 25, 28, 29], product)), [])
})

/** The functions that stages of a plan call. */
const called = (outputs: Outputs, form: KernelName): string =>
  /\(elem .*/.exec(program(planOf({ outputs, state: {} }), forms[form]).text)?.[0] ?? ''

t.test('weights larger than a cache: every cell packs its panels, and nothing is packed before', async (t) => {
  const [rows, k, n] = [98, 1040, 1030]
  const outputs = {
    // the last group of rows, the last block of terms and the last panel are short
    y: matmul(input('x', [rows, k]), input('w', [k, n])),
    // terms in sixteen runs, as heads have them; two groups of rows
    z: contract({
      sum: [
        [0, 0],
        [2, 1],
      ],
    })(input('heads', [16, 386, 65]), input('v', [16, 65, n])),
  }
  for (const { name } of await formsToTry()) t.notMatch(called(outputs, name), /\$pack\b/, name)
  t.same(await wrong(outputs), [])
})

/** x' dy over the first 96 of `terms`, where m is taken apart as heads do: only pairs of rows lie side by side. */
const split = (name: string, terms: number): Tensor =>
  contract({ sum: [[1, 0]] })(take(1, 0, 96)(input(`x${name}`, [2, terms, 14])), input(`dy${name}`, [96, 16]))

t.test('packed rows: pairs with a short last group; what follows their table is not an offset', async (t) => {
  // the second shares all tables but the rows of x with the first, and x lies in the upper half of the memory
  t.same(await wrong({ first: split('0', 32768), second: split('1', 96) }), [])
})

/** The gradient of the weight of a convolution that doubles its image. */
const upsampled = (name: string, h: number): Tensor => {
  const [weight, bias] = [input('weight', [3, 3, 8, 16]), input('bias', [16])]
  const y = upsampleConv({ weight, bias })(input(`x${name}`, [2, h, h, 8]))
  return vjp(y, input(`dy${name}`, y.shape), [weight])[0] ?? weight
}

t.test('packed rows: weight gradients of two sizes of image in one plan', async (t) => {
  t.same(await wrong({ small: upsampled('0', 8), large: upsampled('1', 16) }), [])
})

const conv3x3 = conv({ stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1], low: [1, 1], high: [1, 1] })

t.test('winograd: in a region whose rows do not run image by image', async (t) => {
  const y = conv3x3(input('x', [4, 16, 16, 16]), input('kernel', [3, 3, 16, 16]))
  const it = concat(3)([transpose([1, 0, 2, 3])(y), input('other', [16, 4, 16, 16])])
  const outputs = { it, twice: mul(it, 2) }
  const feeds = feedsOf(outputs, numbers)
  const scale = await on(
    cpu,
    1,
    outputs,
    feedsOf(outputs, (seed, n) => magnitude(numbers(seed, n))),
  )
  const exact = await on(cpu, 1, outputs, feeds)
  for (const { name, skip } of await formsToTry()) {
    if (skip !== false) continue
    const { single, two } = await byForm(name, outputs, feeds)
    const far = distance(exact, single, scale)
    t.ok(far < 1e-6, `${name}: ${far}`)
    t.ok(same(single, two), `${name}: the same on two threads`)
  }
})

t.test('winograd: a weight gradient with transformed operands above 256 MiB is a plain product', async (t) => {
  const text = (b: number): string => {
    const [x, kernel] = [input('x', [b, 128, 128, 16]), input('kernel', [3, 3, 16, 16])]
    const [dw = kernel] = vjp(conv3x3(x, kernel), input('dy', x.shape), [kernel])
    return program(planOf({ outputs: { dw }, state: {} }), forms.fma256).text
  }
  t.match(text(4), 'func $winogradScatter')
  t.notMatch(text(64), 'func $winogradScatter')
})
