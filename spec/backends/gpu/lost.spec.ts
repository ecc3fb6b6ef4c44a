/** A device that is lost, or has no memory left: the error says which and why, and nothing hangs. */
import { WebGPUContext } from 'gpu.js'
import t from 'tap'
import { deviceStatuses, gpuBackend } from '../../../backends/gpu/index.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { BackendLost, OutOfMemory } from '../../../src/plan/errors.ts'
import { contract, input } from '../../../src/tensor/ops.ts'
import { needs } from '../../needs.ts'

const onWebGpu = needs('webgpu', (await deviceStatuses()).find((f) => f.name === 'webgpu')?.why ?? null)
const backend = gpuBackend({ device: 'webgpu' })

const n = 256
const plan = planOf({ outputs: { y: contract({ sum: [[1, 0]] })(input('a', [n, n]), input('b', [n, n])) }, state: {} })
const feeds = { a: new Float32Array(n * n).fill(1), b: new Float32Array(n * n).fill(2) }

const errorOf = (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => null,
    (error: unknown) => error,
  )

/** The work has started and, since a device answers in a later task, has not finished. */
const underway = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await null
}

for (const when of ['between two runs', 'in a run'])
  t.test(`a device that is lost ${when}`, onWebGpu, async (t) => {
    const executable = await backend.compile(plan)
    const other = await backend.compile(plan)
    await executable.run(feeds)
    const { device } = await WebGPUContext.acquire()
    const running = when === 'in a run' ? errorOf(executable.run(feeds)) : null
    await underway()
    device.destroy()
    const error = await (running ?? errorOf(executable.run(feeds)))
    t.ok(error instanceof BackendLost)
    t.match(error, { what: /^webgpu \(.+\)$/, why: /^destroyed/ })
    t.match(String(error), /^BackendLost: gpu: webgpu \(.+\) was lost: destroyed/)
    for (const again of [executable.run(feeds), executable.write(feeds), executable.read(['a'])])
      t.equal(await errorOf(again), error)
    t.match(await errorOf(other.run(feeds)), { name: 'BackendLost' }, 'whatever else was on it')
    await executable.dispose()
    await other.dispose()
    const fresh = await backend.compile(plan)
    t.equal((await fresh.run(feeds)).y?.[0], 2 * n, 'a plan that is compiled again gets a device')
    await fresh.dispose()
  })

/** Reports a device loss as the driver would. */
const complain = async (error: Error): Promise<void> => {
  const { device } = await WebGPUContext.acquire()
  device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }))
}

t.test('a device out of memory, and one that rejects a command, end the run', onWebGpu, async (t) => {
  class GPUOutOfMemoryError extends Error {}
  for (const [error, expected] of [
    [new GPUOutOfMemoryError('no'), { name: 'OutOfMemory', needed: 4 * 3 * n * n, available: null, where: 'gpu' }],
    [new Error('too many'), { name: 'Error', message: /^gpu: webgpu \(.+\) refused a command: too many$/ }],
  ] as const) {
    const executable = await backend.compile(plan)
    await executable.run(feeds)
    const running = errorOf(executable.run(feeds))
    await underway()
    await complain(error)
    const found = await running
    t.equal(found instanceof OutOfMemory, expected.name === 'OutOfMemory')
    t.match(found, { ...expected, ...('needed' in expected ? { needed: Number } : {}) })
    await executable.dispose()
  }
})

t.test('the device says how large a buffer may be', onWebGpu, async (t) => {
  const { plan, buffer } = await backend.memory.limits()
  t.equal(plan, null)
  t.equal(buffer, 2 ** 26, 'as many numbers as float32 can count')
})
