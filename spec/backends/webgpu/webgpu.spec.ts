/** The webgpu backend by example: what a text looks like, what is missing or lost, what is refused. */
import { createRequire } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { layoutOf } from '../../../backends/webgpu/binding.ts'
import { counted } from '../../../backends/webgpu/counted.ts'
import { open } from '../../../backends/webgpu/device.ts'
import { requestedAdapter, webgpuBackend } from '../../../backends/webgpu/index.ts'
import { pipelineOf } from '../../../backends/webgpu/pipeline.ts'
import { program } from '../../../backends/webgpu/program.ts'
import { runner } from '../../../backends/webgpu/runner.ts'
import { modelOf } from '../../../src/cli/model.ts'
import { compileTraining, plansOf } from '../../../src/cli/plans.ts'
import { standard } from '../../../src/cli/settings/options.ts'
import { settingsOf } from '../../../src/cli/settings/settings.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { BackendLost } from '../../../src/plan/errors.ts'
import { input, mul, sum, tanh } from '../../../src/tensor/ops.ts'
import { plain, tinyModel } from '../../cli/tiny.ts'
import { webgpuFound } from '../../webgpuFound.ts'

const backend = webgpuBackend({ adapter: 'null' })
const room = { elements: 2 ** 20, arenas: 8, abreast: Number.POSITIVE_INFINITY, idle: false }
const x = input('x', [300])
const plan = planOf({ outputs: { y: mul(x, 2) } })
const feeds = { x: new Float32Array(300) }

t.test('a map is a lane for each result, at addresses that are constants', async (t) => {
  const [dispatch, ...others] = program(plan, room).dispatches
  t.same(others, [])
  t.same(dispatch?.grid, [2, 1])
  t.match(
    dispatch?.code,
    `fn unit0(w: u32, lane: u32) {
  let i0 = 0u;
  let q = i0 + lane;
  if (q < min(256u, 300u - w * 256u)) {
    let e = w * 256u + q;
    let x0 = a0[e];
    let v0 = x0 * 2f;
    a0[320u + e] = v0;
  }
}`,
  )
})

t.test('kernels that need nothing of each other are one dispatch, what waits is another', async (t) => {
  const [a, b] = [input('a', [300]), input('b', [40])]
  const made = program(planOf({ outputs: { c: tanh(a), d: tanh(b), e: mul(sum(tanh(b)), 3) } }), room)
  t.ok(made.dispatches.length < made.dispatches.flatMap((d) => d.parts).length)
  t.match(made.dispatches[0]?.code, /if \(w < \d+u\) \{ unit0\(w, lane\); \} else /)
})

t.test('memory beyond one buffer is split; beyond the device it is refused by name', async (t) => {
  const large = planOf({ outputs: { y: tanh(input('x', [1000])), z: tanh(input('w', [1000])) } })
  const small = { ...room, elements: 1024, arenas: 4 }
  t.same(program(large, small).arenas, [1024, 1024, 1024, 1024])
  t.throws(() => program(large, { ...small, arenas: 3 }), {
    name: 'OutOfMemory',
    needed: 4 * 4096,
    available: 4 * 3072,
  })
  t.throws(() => program(large, { ...small, elements: 512, arenas: 64 }), {
    name: 'OutOfMemory',
    message: /^webgpu: buffer "\w+" needs 1 MiB of memory, more than the 1 MiB there are$/,
    needed: 4096,
    available: 2048,
  })
})

t.test(
  'the command line says which batch fits, by the limits of a device and by what a plan takes there',
  async (t) => {
    const many = 20_000
    const decoded = settingsOf({ model: tinyModel, training: { ...plain, batch: many, micro_batch: many } }, {})
    if (E.isLeft(decoded)) return t.fail(decoded.left)
    const settings = decoded.right
    const model = modelOf(settings, standard)
    const plans = plansOf(model, settings)
    const limits = async () => ({ plan: null, buffer: null })
    for (const [on, why] of [
      [backend, 'need about .* of memory, more than the 1.0 GiB available on webgpu'],
      [{ ...backend, memory: { ...backend.memory, limits } }, 'need .* of memory on webgpu, which has 128 MiB'],
    ] as const)
      await t.rejects(compileTraining(plans, model, settings, on, {}), {
        name: 'Failure',
        message: new RegExp(`^${many} images at a time ${why}: --micro-batch \\d+ fits \\(or --batch \\d+\\)$`),
      })
  },
)

t.test('a missing adapter is an error that says what was looked for', (t) =>
  t.rejects(webgpuBackend({ adapter: 'No Such Card' }).compile(plan), {
    name: 'Refusal',
    message: /^webgpu: looked for the adapter "No Such Card" of DIFFIT_WEBGPU: /,
  }),
)

t.test('the limits are those of the adapter', async (t) => {
  t.same(await backend.memory.limits(), { plan: 8 * 2 ** 27, buffer: 2 ** 27 })
})

const { globals } = createRequire(import.meta.url)('webgpu')

interface Device {
  readonly destroy: () => void
  readonly lost: Promise<{ readonly reason: string }>
}

/** The devices that are made while `act` runs. */
const devicesOf = async (act: () => Promise<void>): Promise<readonly Device[]> => {
  const made: Device[] = []
  const { prototype } = globals.GPUAdapter
  const { requestDevice } = prototype
  prototype.requestDevice = async function (...args: readonly unknown[]) {
    const device = await requestDevice.apply(this, args)
    made.push(device)
    return device
  }
  try {
    await act()
  } finally {
    prototype.requestDevice = requestDevice
  }
  return made
}

const errorOf = (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => null,
    (error: unknown) => error,
  )

for (const when of ['between two runs', 'in a run'])
  t.test(`a device that is lost ${when} is named, and another lives on`, async (t) => {
    const other = await backend.compile(plan)
    let executable = other
    const [device] = await devicesOf(async () => {
      executable = await backend.compile(plan)
    })
    await executable.run(feeds)
    const running = when === 'in a run' ? errorOf(executable.run(feeds)) : null
    device?.destroy()
    const error = await (running ?? errorOf(executable.run(feeds)))
    t.ok(error instanceof BackendLost, String(error))
    t.match(String(error), /^BackendLost: webgpu: null-backend was lost: destroyed/)
    for (const again of [executable.run(feeds), executable.write(feeds), executable.read(['x'])])
      t.equal(await errorOf(again), error)
    await other.run(feeds)
    await other.dispose()
    await executable.dispose()
  })

t.test('what is disposed of, or could not be compiled, gives its device back', async (t) => {
  const made = await devicesOf(async () => {
    const executable = await backend.compile(plan)
    await executable.run(feeds)
    await executable.dispose()
    await t.rejects(executable.run(feeds), { message: 'webgpu: the executable has been disposed of' })
    const large = planOf({ outputs: { y: tanh(input('x', [2 ** 26])) } })
    await t.rejects(backend.compile(large), { name: 'OutOfMemory' })
  })
  t.equal(made.length, 2)
  for (const { lost } of made) t.match(await lost, { reason: 'destroyed' })
})

t.test('more runs than are under way at once give each its own numbers', await webgpuFound(), async (t) => {
  const executable = await webgpuBackend({ adapter: requestedAdapter }).compile(plan)
  const all = await Promise.all(
    Array.from({ length: 9 }, (_, i) => executable.run({ x: new Float32Array(300).fill(i) })),
  )
  t.same(
    all.map(({ y }) => [y?.[0], y?.[299]]),
    all.map((_, i) => [2 * i, 2 * i]),
  )
  await executable.dispose()
})

t.test('runs whose results nobody waits for leave room for the next', async (t) => {
  const { device } = await open('null')
  const machine = await runner(counted(device), program(plan, room), [], null, () => undefined)
  for (let i = 0; i < 5; i++) await machine.run()
  await t.resolves(machine.finish())
  device.destroy()
})

t.test('a text that is refused is named and quoted', async (t) => {
  const { device } = await open('null')
  const layout = layoutOf(device, 1).pipelines
  for (const [code, why] of [
    ['fn main() { wrong }', 'Error while parsing WGSL'],
    ['fn other() {}', 'exist in the shader module'],
  ] as const) {
    const error = String(await errorOf(pipelineOf(device, layout, { label: 'sum.1', code })))
    t.match(error, new RegExp(`^Error: webgpu: the text of sum\\.1 is refused: [^]*${why}`))
    t.ok(error.endsWith(`\n${code}`), error)
  }
  device.destroy()
})

t.test('kernels are timed by timestamps, run after run, and each is reported once', async (t) => {
  const executable = await backend.compile(plan, { profile: true })
  await Promise.all(Array.from({ length: 5 }, () => executable.run(feeds)))
  t.match(
    (await executable.profile()).map(({ region, kernel }) => [region, kernel]),
    [[0, 0]],
  )
  await executable.dispose()
})
