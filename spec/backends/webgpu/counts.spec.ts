/**
 * What a training step costs the host, counted on Dawn's null backend: it checks every text and every call as any device
 * does, at the limits that every device has, and computes nothing.
 */
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { webgpuBackend } from '../../../backends/webgpu/index.ts'
import { feedsOf, stateOf } from '../../../bench/feeds.ts'
import { latent, started } from '../../../properties/agreement/training.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { latent as latentModel } from '../../../src/models/latent/latent.ts'
import { at } from '../../../src/tensor/axes.ts'
import { input, mul } from '../../../src/tensor/ops.ts'
import { trainableOfPreset } from './presets.ts'

const backend = webgpuBackend({ adapter: 'null' })
const batch = 16

for (const [name, most] of [
  ['image-s', 300],
  ['latent-s', 150],
  ['emoji32', 250],
] as const)
  t.test(`${name}: one submit a step, at most ${most} dispatches, and nothing is made after the first`, async (t) => {
    const model = trainableOfPreset(name, batch)
    const plan = model.plan()
    const executable = await backend.compile(plan)
    t.teardown(executable.dispose)
    await executable.write(stateOf(model))
    const feeds = feedsOf(model, plan, 0)
    await executable.run(feeds)
    const before = executable.counts()
    await executable.run(feeds)
    const after = executable.counts()
    t.equal(after.submits - before.submits, 1)
    t.equal(after.created, before.created)
    t.equal(after.down - before.down, 8, 'the loss and the norm of the gradient')
    const dispatches = after.dispatches - before.dispatches
    t.ok(dispatches > 50 && dispatches <= most, `${dispatches}`)
    const fed = Object.values(feeds).reduce((sum, x) => sum + 4 * x.length, 0)
    t.equal(after.up - before.up, fed, 'state stays on the device')
  })

t.test('500 steps make nothing, and two executables live side by side', async (t) => {
  const [one, other] = [await started(latentModel.of(latent), backend), await started(latentModel.of(latent), backend)]
  const counts = (): readonly number[] => [one, other].map(({ executable }) => executable.counts().created)
  await one.step(0)
  await other.step(0)
  const before = counts()
  t.ok(before.every((n) => n > 0))
  for (let i = 1; i < 500; i++) await one.step(i)
  await other.step(1)
  t.same(counts(), before)
  await one.dispose()
  await other.step(2)
  await other.dispose()
})

const runsATurn = 400

/** Bytes of the host that something holds. */
const heldBy = (collect: () => void) => async (): Promise<number> => {
  // finalizers of what was collected run between two turns of the event loop, and let go of more
  for (let i = 0; i < 2; i++) {
    await setImmediate()
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

t.test('runs leave nothing on the host', async (t) => {
  setFlagsFromString('--expose-gc')
  const held = heldBy(runInNewContext('gc'))
  const plan = planOf({ outputs: { y: mul(input('x', [300]), 2) } })
  const executable = await backend.compile(plan)
  t.teardown(executable.dispose)
  const feeds = { x: new Float64Array(300) }
  const runs = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i += 5) {
      await Promise.all(Array.from({ length: 5 }, () => executable.run(feeds)))
      await executable.write(feeds)
      await executable.read(['x'])
    }
  }
  await runs(runsATurn)
  const grown: number[] = []
  for (let i = 0; i < 3; i++) {
    const before = await held()
    await runs(runsATurn)
    grown.push(((await held()) - before) / runsATurn)
  }
  // an object of the device that a run held on to would be 100 bytes in each turn; the engine's own tables grow in some
  const typical = at(
    grown.toSorted((a, b) => a - b),
    1,
  )
  t.ok(typical < 50, `${grown} bytes a run`)
})
