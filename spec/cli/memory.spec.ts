/** Memory shortages are reported before allocation, in one sentence with figures and the micro-batch that fits. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { Failure } from '../../src/cli/errors.ts'
import { peakBytes, picturesShortage, type Room, shortage } from '../../src/cli/memory.ts'
import { modelOf } from '../../src/cli/model.ts'
import { compileNetwork, compileTraining, largestNetwork, networkPlan, plansOf } from '../../src/cli/plans.ts'
import { standard } from '../../src/cli/settings/options.ts'
import { type Settings, settingsOf } from '../../src/cli/settings/settings.ts'
import { type TrainOptions, train } from '../../src/cli/train.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { OutOfMemory } from '../../src/plan/errors.ts'
import { config, plain, quiet, tinyModel } from './tiny.ts'

const errorOf = (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => null,
    (error: unknown) => error,
  )
const sentence = async (act: Promise<unknown>): Promise<string> => {
  const error = await errorOf(act)
  return error instanceof Failure ? error.message : `a defect: ${error}`
}

const tiny = (batch: number, part: number): Settings => {
  const made = settingsOf({ model: tinyModel, training: { ...plain, batch, micro_batch: part } }, {})
  if (E.isLeft(made)) throw new Error(made.left)
  return made.right
}

for (const backend of ['wasm', 'cpu'] as const)
  t.test(`a batch of a billion at a time is refused on ${backend}`, async (t) => {
    const folder = t.testdir()
    const o: TrainOptions = { config: config(folder), batch: 1e9, microBatch: 1e9, backend, out: join(folder, 'run') }
    t.match(
      await sentence(train(o, quiet())),
      new RegExp(
        `^1000000000 images at a time need about .* GiB of memory, more than the .* GiB available on ${backend}: --micro-batch \\d+ fits`,
      ),
    )
  })

t.test('a dry run of a billion works, with and without micro-batches', async (t) => {
  const path = config(t.testdir())
  for (const [microBatch, text] of [
    [1e9, /^memory +about \d+\.\d GiB on wasm for the training step; with validation, \d+\.\d GiB and \d+\.\d GiB/],
    [10, /^memory +about \d+ MiB on wasm for the training step; with validation, \d+ MiB and \d+ MiB on the host$/],
  ] as const) {
    const environment = quiet()
    await train({ config: path, batch: 1e9, microBatch, dryRun: true }, environment)
    t.ok(environment.said.some((line) => text.test(line)))
  }
})

const room: Room = { name: 'b', ofHost: false, host: 1000, plan: 500, buffer: 100 }
const need = { backend: 100, buffer: 100, host: 100 }

t.test('each kind of memory is checked separately, and host memory adds up', async (t) => {
  t.equal(shortage([need, need], room), null)
  t.match(shortage([need, { ...need, backend: 450 }], room), /^need about 1 MiB of memory, more than .* on b$/)
  t.match(shortage([need, { ...need, buffer: 101 }], room), /^need a buffer of about .* on b$/)
  t.match(shortage([need, { ...need, host: 900 }], room), / on the host$/)
  const all = [need, { ...need, backend: 300, host: 500 }]
  t.equal(shortage(all, room), null, 'a device has memory of its own')
  t.match(shortage(all, { ...room, ofHost: true }), / on the host$/)
  t.equal(shortage([{ backend: 1e12, buffer: 1e12, host: 1 }], { ...room, plan: null, buffer: null }), null)
})

/** A backend with so much memory that reports shortages itself. */
const full = (plan: number | null, error: Error): Backend => ({
  ...backends.cpu,
  name: 'full',
  memory: { bytesPerNumber: 4, ofHost: false, limits: async () => ({ plan, buffer: null }) },
  compile: () => Promise.reject(error),
})
const compiled = (settings: Settings, backend: Backend): Promise<unknown> =>
  compileTraining(plansOf(modelOf(settings, standard), settings), modelOf(settings, standard), settings, backend, {})

t.test(
  'a backend that runs out of memory later is recognised by the class of its error, not by its message',
  async (t) => {
    const said = new OutOfMemory({ what: 'the plan', needed: 2 ** 30, available: 2 ** 29, where: 'full' })
    t.match(
      await sentence(compiled(tiny(12, 12), full(null, said))),
      /^12 images at a time need 1\.0 GiB of memory on full, which has 512 MiB: --micro-batch [64] fits \(or --batch [64]\)$/,
    )
    const other = new Error('Array buffer allocation failed: 12 bytes of memory')
    t.equal(await errorOf(compiled(tiny(12, 12), full(null, other))), other)
    const network = compileNetwork(networkPlan(modelOf(tiny(2, 2), standard), 2), 2, full(null, said), 1)
    t.equal(await errorOf(network), said, 'which the command line prints as one sentence')
  },
)

t.test('sampling takes as many images at a time as the memory holds, and says so where it holds none', async (t) => {
  const model = modelOf(tiny(2, 2), standard)
  const bytes = (batch: number): number => 1.15 * peakBytes(networkPlan(model, batch), { bytesPerNumber: 4 })
  const batchWithin = async (plan: number): Promise<number> =>
    (await largestNetwork(model, 16, full(plan, new Error()))).batch
  t.equal(await batchWithin(bytes(16)), 16)
  t.equal(await batchWithin(bytes(16) - 1), 8)
  t.equal(await batchWithin(bytes(1)), 1)
  t.match(
    await sentence(batchWithin(bytes(1) - 1)),
    /^this model does not fit: for one image at a time it would need about 1 MiB of memory, more than the 1 MiB available on full$/,
  )
})

t.test('the limit is the one that the backend reports', async (t) => {
  const enough = new Error('it was asked')
  const settings = tiny(64, 64)
  t.match(await sentence(compiled(settings, full(2 ** 20, enough))), /more than the 1 MiB available on full: /)
  t.equal(await errorOf(compiled(settings, full(2 ** 40, enough))), enough, 'more than wasm has')
  t.equal(await errorOf(compiled(settings, full(null, enough))), enough, 'one that does not know')
})

t.test('each backend reports bytes per element and available memory', async (t) => {
  t.equal(backends.cpu.memory.bytesPerNumber, 8)
  t.equal(backends.wasm.memory.bytesPerNumber, 4)
  t.equal(backends.gpu.memory.bytesPerNumber, 4)
  const wasm = await backends.wasm.memory.limits()
  t.ok(wasm.plan !== null && wasm.plan > 0 && wasm.plan <= 2 ** 32)
})

t.test('images that do not fit in host memory', async (t) => {
  t.equal(picturesShortage(9 * 8, 3072), null)
  t.match(picturesShortage(1e12, 3072), /^need about .* GiB of memory, more than the .* GiB available on the host$/)
})
