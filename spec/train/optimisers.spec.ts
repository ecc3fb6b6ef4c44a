/** Optimisers against PyTorch's: six updates of matrices, a kernel, a joint projection and a bias, with given gradients. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import tap, { type Test } from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { convWeight, linearWeight, parameter, zeros } from '../../src/nn/parameter.ts'
import { decode, encode, flatSize, flatten } from '../../src/nn/spec.ts'
import { key } from '../../src/random/key.ts'
import { mul, sum } from '../../src/tensor/ops.ts'
import { adamw } from '../../src/train/adamw.ts'
import { muon } from '../../src/train/muon.ts'
import type { Optimiser } from '../../src/train/optimiser.ts'
import { warmup } from '../../src/train/schedule.ts'
import { scheduleFreeAdamW } from '../../src/train/scheduleFree.ts'
import { sgd } from '../../src/train/sgd.ts'
import { train } from '../../src/train/train.ts'

const tree = t.record(t.string, t.array(t.number))
const fixture = t.type({ start: tree, gradients: t.array(tree), after: t.record(t.string, tree) })
const path = new URL('../fixtures/optimisers.json.gz', import.meta.url)
const decoded = fixture.decode(JSON.parse(gunzipSync(readFileSync(path)).toString()))
if (E.isLeft(decoded)) throw new Error('the fixture is not what this test expects')
const { start, gradients, after } = decoded.right

const spec = {
  wide: linearWeight(8, 3),
  tall: linearWeight(3, 8),
  qkv: linearWeight(4, 12),
  kernel: convWeight(3, 2, 6),
  bias: parameter([5], zeros),
}
const P = flatSize(spec)

/** Numbers by name, in the file's layout -> [P]. */
const flat = (numbers: Readonly<Record<string, readonly number[]>>): Float64Array => {
  const entries = Object.entries(spec).map(([name, { file }]) => [
    name,
    { shape: file.shape, values: Float64Array.from(numbers[name] ?? []) },
  ])
  const theta = decode(spec)(Object.fromEntries(entries))
  if (E.isLeft(theta)) throw new Error(theta.left)
  return theta.right
}

/** The parameters, and those to evaluate with, after all updates. */
const updated = async (optimiser: Optimiser) => {
  const run = await train(cpu)({
    spec,
    key: key(0),
    optimiser,
    batch: { g: [P] },
    loss: (p, { g }) => sum(mul(flatten(spec)(p), g)),
  })
  const state = await run.state()
  await run.load(
    Object.fromEntries(
      Object.entries(state).map(([name, values]) => [name, values.some((v) => v !== 0) ? flat(start) : values]),
    ),
    { images: 0, updates: 0 },
  )
  for await (const _ of run.steps(gradients.map((g) => ({ g: flat(g) }))));
  const [{ theta = new Float64Array() }, evaluated] = [await run.state(), await run.parameters()]
  await run.dispose()
  return { theta, evaluated }
}

const near = (t: Test, what: string, found: Float32Array | Float64Array, expected: string): void => {
  const ours = encode(spec)(found)
  for (const [name, values] of Object.entries(after[expected] ?? {}))
    values.forEach((x, i) => {
      const y = ours[name]?.values[i] ?? Number.NaN
      if (!(Math.abs(x - y) <= 1e-9 * (1 + Math.abs(x)))) t.fail(`${what}: ${name}[${i}] is ${y}, in PyTorch ${x}`)
    })
  t.equal(Object.keys(after[expected] ?? {}).length, 5, what)
}

const optimisers: Readonly<Record<string, Optimiser>> = {
  adamw: adamw({ learningRate: 0.03, beta1: 0.8, beta2: 0.95, eps: 1e-6, weightDecay: 0.2 }),
  sgd: sgd({ learningRate: 0.03 }),
  momentum: sgd({ learningRate: 0.03, decay: 0.8 }),
  nesterov: sgd({ learningRate: 0.03, decay: 0.8, nesterov: true }),
  muon: muon({
    learningRate: 0.02,
    where: ({ name }) => name !== 'bias',
    matrices: ({ name }) => (name === 'qkv' ? 3 : 1),
    adamw: { learningRate: 1e-3, beta2: 0.99, weightDecay: 0.1 },
  }),
  muonDecay: muon({
    learningRate: 0.02,
    momentum: 0.8,
    weightDecay: 0.3,
    where: ({ name }) => name !== 'bias',
    matrices: ({ name }) => (name === 'qkv' ? 3 : 1),
    adamw: { learningRate: 1e-3, beta2: 0.99, weightDecay: 0.1 },
  }),
  scheduleFree: scheduleFreeAdamW({
    learningRate: warmup({ peak: 0.05, warmup: 3 * P }),
    beta2: 0.99,
    weightDecay: 0.1,
  }),
}

for (const [name, optimiser] of Object.entries(optimisers))
  tap.test(`${name}: six updates are PyTorch's`, async (t) => {
    const { theta, evaluated } = await updated(optimiser)
    near(t, name, theta, name)
    near(t, `${name}, to evaluate with`, evaluated, name === 'scheduleFree' ? 'scheduleFree evaluated' : name)
  })

for (const [what, where] of [
  ['all', () => true],
  ['none', () => false],
] as const)
  tap.test(`muon takes ${what} of the parameters: a partition's group may be empty`, async (t) => {
    const optimiser = muon({ learningRate: 0.02, where, adamw: { learningRate: 1e-3 } })
    const { theta } = await updated(optimiser)
    t.ok(theta.some((x, i) => x !== flat(start)[i]))
    t.ok(theta.every((x) => Number.isFinite(x)))
  })
