/** The webgpu backend by example: what a text looks like, what is missing or lost, what is refused. */
import { createRequire } from 'node:module'
import t from 'tap'
import { webgpuBackend } from '../../../backends/webgpu/index.ts'
import { program } from '../../../backends/webgpu/program.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { BackendLost } from '../../../src/plan/errors.ts'
import { input, mul, sum, tanh } from '../../../src/tensor/ops.ts'

const backend = webgpuBackend({ adapter: 'null' })
const room = { elements: 2 ** 20, arenas: 8, idle: false }
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
  t.same(program(large, { elements: 1024, arenas: 4, idle: false }).arenas, [1024, 1024, 1024, 1024])
  t.throws(() => program(large, { elements: 1024, arenas: 3, idle: false }), {
    name: 'Refusal',
    message: /^webgpu: the plan needs 1 MiB, more than the 3 buffers of 0 MiB that this device binds at once/,
  })
  t.throws(() => program(large, { elements: 512, arenas: 64, idle: false }), {
    name: 'Refusal',
    message: /^webgpu: buffer "\w+" has 1000 numbers, more than the 512 that this device binds at once/,
  })
})

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

/** The devices that are made while `act` runs. */
const devicesOf = async (act: () => Promise<void>): Promise<readonly { readonly destroy: () => void }[]> => {
  const made: { readonly destroy: () => void }[] = []
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

t.test('kernels are timed by timestamps, and each is reported once', async (t) => {
  const executable = await backend.compile(plan, { profile: true })
  await executable.run(feeds)
  t.match(
    (await executable.profile()).map(({ region, kernel }) => [region, kernel]),
    [[0, 0]],
  )
  await executable.dispose()
})
