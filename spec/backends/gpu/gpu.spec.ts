/** The gpu backend by example: what a kernel looks like, what it refuses, and that steps leave nothing behind. */
import { WebGPUContext } from 'gpu.js'
import t from 'tap'
import { deviceStatuses, gpuBackend } from '../../../backends/gpu/index.ts'
import { program } from '../../../backends/gpu/program.ts'
import { latent, started } from '../../../properties/agreement/training.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { latent as latentModel } from '../../../src/models/latent/latent.ts'
import { concat, contract, input, tanh } from '../../../src/tensor/ops.ts'
import { needs } from '../../needs.ts'

const why = new Map((await deviceStatuses()).map((f) => [f.name, f.why]))
const onWebGpu = needs('webgpu', why.get('webgpu') ?? null)

t.test('a product is a kernel that computes four adjacent results and reads their shared operand once', (t) => {
  const y = contract({ sum: [[1, 0]] })(input('a', [6, 5]), input('b', [5, 8]))
  const [call] = program(planOf({ outputs: { y }, state: {} }), true).calls
  t.equal(
    call?.code.text,
    `function kernel(x0, x1) {
  const n = this.thread.x * 4
  const d0 = quotient(n, 8)
  const dn1 = n - d0 * 8
  const d1 = dn1
  const a0 = d0 * 5
  const a1 = d1
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  for (let r0 = 0; r0 < 5; r0++) {
    const a0r0 = a0 + r0
    const a1r0 = a1 + r0 * 8
    const x0l0 = x0[a0r0]
    const x1l0 = x1[a1r0]
    const x1l1 = x1[a1r0 + 1]
    const x1l2 = x1[a1r0 + 2]
    const x1l3 = x1[a1r0 + 3]
    const v0l0 = x0l0 * x1l0
    const v0l1 = x0l0 * x1l1
    const v0l2 = x0l0 * x1l2
    const v0l3 = x0l0 * x1l3
    s0 = s0 + v0l0
    s1 = s1 + v0l1
    s2 = s2 + v0l2
    s3 = s3 + v0l3
  }
  return [s0, s1, s2, s3]
}`,
  )
  t.equal(call?.code.threads, 12)
  t.end()
})

t.test('parts of a buffer are computed one by one and combined by one more kernel', (t) => {
  const [a, b] = [input('a', [2, 3]), input('b', [2, 2])]
  const { calls, values } = program(planOf({ outputs: { y: concat(1)([tanh(a), tanh(b)]) }, state: {} }), true)
  t.same(
    calls.map(({ reads, makes }) => [reads.map((v) => values[v]), values[makes]]),
    [
      [[6], 6],
      [[4], 4],
      [[6, 4], 10],
    ],
  )
  t.end()
})

t.test('a buffer too large for float32 indices is refused before any device is used', (t) => {
  const y = tanh(input('x', [4097, 4096]))
  t.throws(() => program(planOf({ outputs: { y }, state: {} }), true), {
    name: 'Refusal',
    message: /buffer "x" has 16781312 elements; float32 counts up to 16777216 without a gap/,
  })
  t.end()
})

t.test('a missing device is an error that says what was looked for; never another device', async (t) => {
  const plan = planOf({ outputs: { y: tanh(input('x', [3])) }, state: {} })
  await t.rejects(gpuBackend({ device: 'cuda' }).compile(plan), {
    name: 'Refusal',
    message: 'gpu: there is no device "cuda" here: DIFFIT_GPU takes webgpu or headlessgl',
  })
  for (const [device, missing] of why)
    if (missing !== null)
      await t.rejects(gpuBackend({ device }).compile(plan), {
        name: 'Refusal',
        message: `gpu: no device was found. ${device}: ${missing}`,
      })
  for (const [device, missing] of why)
    if (missing === null) {
      const executable = await gpuBackend({ device }).compile(plan)
      t.match(executable.description, new RegExp(`^gpu \\(${device}: .+\\)$`))
      await executable.dispose()
    }
})

t.test('kernel times are positive in total and reported once', onWebGpu, async (t) => {
  const plan = planOf({ outputs: { y: tanh(input('x', [1000])) }, state: {} })
  const executable = await gpuBackend({ device: 'webgpu' }).compile(plan, { profile: true })
  await executable.run({ x: new Float32Array(1000) })
  const [first, ...others] = await executable.profile()
  t.match(first, { region: 0, kernel: 0 })
  t.ok((first?.milliseconds ?? 0) > 0)
  t.same(others, [])
  t.same(await executable.profile(), [])
  await executable.dispose()
})

t.test(
  '60 steps of training hold no more device memory than 5, and none is held after the last',
  onWebGpu,
  async (t) => {
    const { device } = await WebGPUContext.acquire()
    const live = new Map<object, number>()
    const create = device.createBuffer.bind(device)
    device.createBuffer = (descriptor) => {
      const buffer = create(descriptor)
      live.set(buffer, descriptor.size)
      const destroy = buffer.destroy.bind(buffer)
      buffer.destroy = () => {
        live.delete(buffer)
        destroy()
      }
      return buffer
    }
    t.teardown(() => {
      device.createBuffer = create
    })
    const held = (): readonly [buffers: number, bytes: number] => [
      live.size,
      [...live.values()].reduce((a, b) => a + b, 0),
    ]
    const { executable, step } = await started(latentModel.of(latent), gpuBackend({ device: 'webgpu' }))
    for (let i = 0; i < 5; i++) await step(i)
    const early = held()
    t.ok(early[0] > 0 && early[1] >= executable.bytes, `${early[0]} buffers, ${early[1]} bytes`)
    for (let i = 5; i < 60; i++) await step(i)
    t.same(held(), early)
    await executable.dispose()
    t.same(held(), [0, 0])
  },
)
