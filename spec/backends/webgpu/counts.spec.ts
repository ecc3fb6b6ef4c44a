/**
 * What a training step costs the host, counted on Dawn's null backend: it checks every text and every call as any device
 * does, at the limits that every device has, and computes nothing.
 */
import t from 'tap'
import { webgpuBackend } from '../../../backends/webgpu/index.ts'
import { feedsOf, stateOf } from '../../../bench/feeds.ts'
import { latent, started } from '../../../properties/agreement/training.ts'
import { latent as latentModel } from '../../../src/models/latent/latent.ts'
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
