/** Training of a small regression: steps, accumulation, saving and resuming, and what is refused. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { linear, linearSpec } from '../../src/nn/linear.ts'
import type { Params } from '../../src/nn/spec.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { fold, key, normal } from '../../src/random/key.ts'
import { input, mean, silu, square, sub, type Tensor } from '../../src/tensor/ops.ts'
import { adamw } from '../../src/train/adamw.ts'
import { clipByGlobalNorm } from '../../src/train/links.ts'
import { muon } from '../../src/train/muon.ts'
import { chain, type Optimiser } from '../../src/train/optimiser.ts'
import type { Run } from '../../src/train/run.ts'
import { linearDecay } from '../../src/train/schedule.ts'
import { scheduleFreeAdamW } from '../../src/train/scheduleFree.ts'
import { sgd } from '../../src/train/sgd.ts'
import { trainingStep } from '../../src/train/step.ts'
import { resume, train } from '../../src/train/train.ts'

const spec = { hidden: linearSpec(2, 16), out: linearSpec(16, 1) }
const net = (p: Params<typeof spec>) => (x: Tensor) => linear(p.out)(silu(linear(p.hidden)(x)))
const loss = (p: Params<typeof spec>, { x, y }: { readonly x: Tensor; readonly y: Tensor }) =>
  mean(square(sub(net(p)(x), y)))
const clipped = chain(clipByGlobalNorm(1), adamw({ learningRate: 1e-2 }))

const task = (images: number, optimiser: Optimiser = clipped) => ({
  spec,
  optimiser,
  loss,
  batch: { x: [images, 2], y: [images, 1] },
  ema: { halfLife: 100, ramp: 0.1 },
})

/** The image at a position of the stream, and batches of them. */
const example = (position: number) => {
  const [a = 0, b = 0] = normal(fold(key(5), position), 2)
  return { x: [a, b], y: [Math.sin(a) * b] }
}
const batchesOf = (size: number) => (images: number) => {
  const all = Array.from({ length: size }, (_, i) => example(images + i))
  return { x: all.map(({ x }) => x), y: all.map(({ y }) => y) }
}

/** Takes steps until the run has done so many updates. */
const losses = async (run: Run<{ x: number[]; y: number[] }>, size: number, until: number): Promise<number[]> => {
  const found: number[] = []
  for await (const { step, loss } of run.steps(batchesOf(size))) {
    found.push(loss)
    if (step >= until) break
  }
  return found
}

const same = (a: Readonly<Record<string, ArrayLike<number>>>, b: Readonly<Record<string, ArrayLike<number>>>) =>
  Object.keys(a).join() === Object.keys(b).join() &&
  Object.entries(a).every(([name, values]) => Array.from(values).every((x, i) => Object.is(x, b[name]?.[i])))

const folder = await mkdtemp(join(tmpdir(), 'diffit-train-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

const optimisers: Readonly<Record<string, Optimiser>> = {
  'clipped AdamW': clipped,
  sgd: sgd({ learningRate: 0.01, decay: 0.9 }),
  muon: muon({
    learningRate: 0.02,
    adamw: { learningRate: 1e-3 },
    where: ({ parameter }) => parameter.file.shape.length > 1,
  }),
  'schedule-free': scheduleFreeAdamW({ learningRate: 0.01 }),
}

for (const [name, optimiser] of Object.entries(optimisers))
  t.test(`${name}: the loss falls, and a saved run that is resumed equals one that never stopped`, async (t) => {
    for (const backend of [backends.wasm, backends.cpu] satisfies Backend[]) {
      const path = join(folder, `${name} ${backend.name}.safetensors`)
      const whole = await train(backend, { threads: 1 })({ ...task(32, optimiser), key: key(1) })
      const first = await losses(whole, 32, 20)
      await whole.save(path)
      const rest = await losses(whole, 32, 40)
      const again = await resume(backend, { threads: 1 })(path, task(32, optimiser))
      t.strictSame(again.progress(), { images: 640, updates: 20 })
      t.strictSame(await losses(again, 32, 40), rest, `${backend.name}: the same losses`)
      t.ok(same(await again.state(), await whole.state()), `${backend.name}: the same state, bit for bit`)
      const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length
      t.ok(mean(rest.slice(-10)) < 0.8 * mean(first.slice(0, 5)), `${first.slice(0, 5)} to ${rest.slice(-10)}`)
      await whole.dispose()
      await again.dispose()
    }
  })

t.test('micro-batches: an update of four of eight is the update of one of thirty-two', async (t) => {
  const parted = await train(backends.cpu)({ ...task(8), accumulate: 4, key: key(1) })
  const whole = await train(backends.cpu)({ ...task(32), key: key(1) })
  const [a, b] = [await losses(parted, 8, 5), await losses(whole, 32, 5)]
  t.strictSame(parted.progress(), whole.progress())
  a.forEach((x, i) => {
    t.ok(Math.abs(x - (b[i] ?? Number.NaN)) <= 1e-12 * (b[i] ?? 0), `loss ${i}: ${x}, ${b[i]}`)
  })
  const [s, w] = [await parted.state(), await whole.state()]
  for (const [name, values] of Object.entries(w))
    values.forEach((x, i) => {
      const y = s[name]?.[i] ?? Number.NaN
      if (!(Math.abs(x - y) <= 1e-10 * (1e-3 + Math.abs(x)))) t.fail(`${name}[${i}]: ${y}, ${x}`)
    })
  await t.rejects(parted.step(batchesOf(8)(0)), { message: 'an update takes 4 micro-batches, but 1 were given' })
  await parted.dispose()
  await whole.dispose()
})

t.test('an update that is not complete changes nothing, bit for bit', async (t) => {
  const run = await train(backends.wasm, { threads: 1 })({ ...task(8), accumulate: 4, key: key(1) })
  await losses(run, 8, 2)
  const before = await run.state()
  const done = []
  for await (const result of run.steps([0, 8, 16].map(batchesOf(8)))) done.push(result)
  t.strictSame([done, run.progress()], [[], { images: 64, updates: 2 }])
  t.ok(same(await run.state(), before))
  await run.dispose()
})

t.test('one step, an iterable, an async iterable and a function give the same steps', async (t) => {
  const make = batchesOf(32)
  const positions = [0, 32, 64]
  async function* later() {
    for (const at of positions) yield make(at)
  }
  const kinds = { list: positions.map(make), async: later() }
  const run = await train(backends.cpu)({ ...task(32), key: key(1) })
  const start = await run.state()
  const expected = await losses(run, 32, 3)
  for (const [what, batches] of Object.entries(kinds)) {
    await run.load(start, { images: 0, updates: 0 })
    const found = []
    for await (const { loss } of run.steps(batches)) found.push(loss)
    t.strictSame(found, expected, what)
  }
  await run.load(start, { images: 0, updates: 0 })
  const found = []
  for (const at of positions) found.push((await run.step(make(at))).loss)
  t.strictSame(found, expected, 'one at a time')
  await run.dispose()
})

t.test('steps until an update: no more of them, no batch in vain, and none where it is done already', async (t) => {
  for (const accumulate of [1, 2]) {
    const asked: number[] = []
    let ended = 0
    const make = (images: number) => {
      asked.push(images)
      return batchesOf(16)(images)
    }
    function* source() {
      try {
        for (let images = 0; ; images += 16) yield make(images)
      } finally {
        ended++
      }
    }
    const run = await train(backends.cpu)({ ...task(16), accumulate, key: key(1) })
    const done: number[] = []
    for await (const { step } of run.steps(source(), { updates: 3 })) done.push(step)
    for await (const { step } of run.steps(source(), { updates: 3 })) done.push(step)
    t.strictSame([done, run.progress().updates, ended], [[1, 2, 3], 3, 1])
    for await (const { step } of run.steps(make, { updates: 5 })) done.push(step)
    t.strictSame(done, [1, 2, 3, 4, 5])
    t.strictSame(
      asked,
      Array.from({ length: 5 * accumulate }, (_, i) => 16 * i),
    )
    await run.dispose()
  }
})

t.test('a batch may hold more than the inputs, such as the keys of its images; a missing input is named', async (t) => {
  const run = await train(backends.cpu)({ ...task(4), key: key(1) })
  const { x, y } = batchesOf(4)(0)
  const more = { x, y, keys: [1, 2, 3, 4], theta: 1 }
  t.equal((await run.step(more)).step, 1)
  const less: Record<string, number[][]> = { x }
  const loose: { step: (...batch: never[]) => Promise<unknown> } = run
  await t.rejects(Reflect.apply(loose.step, run, [less]), {
    name: 'FeedError',
    message: 'A batch has no "y": expected x, y.',
  })
  await run.dispose()
})

t.test('a file that is not of the task is refused in one sentence that names it', async (t) => {
  const path = join(folder, 'other.safetensors')
  const run = await train(backends.cpu)({ ...task(4, sgd({ learningRate: 0.1 })), key: key(1) })
  await run.save(path)
  await run.dispose()
  await t.rejects(resume(backends.cpu)(path, task(4)), {
    message: `${path}: adam.m.*: tensor "hidden.weight" [16, 2] is missing`,
  })
  const bytes = await readFile(path)
  bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1
  await writeFile(path, bytes)
  await t.rejects(resume(backends.cpu)(path, task(4)), { message: /^.*other.safetensors: its content is damaged/ })
  await t.rejects(resume(backends.cpu)(join(folder, 'none'), task(4)), { message: /^cannot read .*none: no such file/ })
})

t.test('what a step cannot be made of is refused, with the reason', (t) => {
  const step = (batch: Record<string, number[]>) =>
    trainingStep({ ...task(4), loss: () => mean(input('q', [2])), batch })
  t.throws(() => step({ theta: [4] }), { message: /"theta", which a step uses itself/ })
  t.throws(() => step({ 'adam.m': [4] }), { message: /"adam.m", which a step uses itself/ })
  t.throws(() => trainingStep({ ...task(4), loss: () => input('q', [2]) }), {
    message: 'train([2]): the loss must be one number: take its mean',
  })
  t.throws(() => chain(adamw({ learningRate: 1 }), adamw({ learningRate: 1 })).init(spec), {
    message: /two states are called "adam.m"/,
  })
  t.throws(() => linearDecay({ peak: 1, warmup: 10, images: 10, share: 0.5 }), { message: /expected more than the 10/ })
  t.equal(
    chain(clipByGlobalNorm(1), sgd({ learningRate: linearDecay({ peak: 1, warmup: 0, images: 9, share: 1 }) })).end,
    9,
  )
  t.end()
})
t.test('inputs of a batch that do not agree about its images are refused', async (t) => {
  const wrong = { ...task(4), batch: { x: [4, 2], y: [3, 1] }, key: key(1) }
  await t.rejects(train(backends.cpu)(wrong), { message: /"x" has 4, "y" has 3/ })
})
