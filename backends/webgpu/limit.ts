/**
 * A device's peak rates by timestamps: multiply-adds in registers, and copying from one half of a buffer to the other.
 * Measured, so it varies from run to run; it is for comparison only, and nothing is chosen by it.
 */
import type { Limits } from '../../src/plan/backend.ts'
import { at } from '../../src/tensor/axes.ts'
import { type GpuDevice, type GpuPipeline, usage } from './api.ts'
import { bound } from './binding.ts'
import { open } from './device.ts'
import { pipelineOf } from './pipeline.ts'
import { lanes } from './text.ts'
import { timestamps } from './timestamps.ts'

/** Vectors that a lane adds to in turn, and how often in one turn of the loop: enough to hide latency. */
const [vectors, unrolled] = [8, 4]
const names = Array.from({ length: vectors }, (_, i) => `s${i}`)

const head = `@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group.x * ${lanes}u + lane;`

/** Vectors before those that lanes write to: factor, summand, turns, first value. */
const given = 4

export const multiplyAdds = `${head}
  let scale = a[0];
  let shift = a[1];
  let turns = u32(a[2].x);
${names.map((s, n) => `  var ${s} = a[3] + f32(lane) + ${n}f;`).join('\n')}
  for (var turn = 0u; turn < turns; turn++) {
${Array.from({ length: unrolled }, () => names.map((s) => `    ${s} = fma(${s}, scale, shift);`).join('\n')).join('\n')}
  }
  a[${given}u + i] = ${names.join(' + ')};
}`

export const copying = `${head}
  a[arrayLength(&a) / 2u + i] = a[i];
}`

/** Operations of a lane in a turn: two for each of four components. */
const turnFlops = 8 * vectors * unrolled

/** Workgroups, and turns of the loop in each. */
interface Amount {
  readonly groups: number
  readonly turns: number
}

/** Few for a processor at first, then more until a run takes long against its start. */
const first: Amount = { groups: 16, turns: 16 }
const [mostGroups, mostTurns, enoughMilliseconds, tries] = [4096, 2 ** 16, 4, 5]

/** Bytes that are too large for the caches of a card; for a software adapter they need not be. */
const [large, small] = [2 ** 28, 2 ** 22]

const bytesOfVector = 16

/** What runs the two texts over a buffer: milliseconds of each. */
export interface Machine {
  /** Of the buffer. */
  readonly vectors: number
  readonly add: (amount: Amount) => Promise<number>
  readonly copy: (groups: number) => Promise<number>
}

const least = async (run: () => Promise<number>): Promise<number> => {
  let best = await run()
  for (let i = 1; i < tries; i++) best = Math.min(best, await run())
  return best
}

export const ratesOf = async ({ vectors, add, copy }: Machine): Promise<Limits> => {
  const most = Math.min(mostGroups, Math.floor((vectors - given) / lanes))
  let { groups, turns } = first
  while ((await add({ groups, turns })) < enoughMilliseconds && turns < mostTurns)
    if (groups < most) groups = Math.min(most, 8 * groups)
    else turns *= 4
  const adding = await least(() => add({ groups, turns }))
  const copyGroups = Math.floor(vectors / 2 / lanes)
  const copied = await least(() => copy(copyGroups))
  return {
    gflops: (groups * lanes * turns * turnFlops) / adding / 1e6,
    gigabytes: (2 * bytesOfVector * copyGroups * lanes) / copied / 1e6,
  }
}

const machineOf = async (device: GpuDevice, vectors: number): Promise<Machine> => {
  const size = bytesOfVector * vectors
  const buffer = device.createBuffer({ label: 'limit', size, usage: usage.storage | usage.copyTo })
  const { group, layout } = bound(device, [buffer])
  const times = timestamps(device, 1)
  const [adder, copier] = await Promise.all([
    pipelineOf(device, layout, { label: 'multiply-adds', code: multiplyAdds }),
    pipelineOf(device, layout, { label: 'copying', code: copying }),
  ])
  const run = async (pipeline: GpuPipeline, groups: number): Promise<number> => {
    const encoder = device.createCommandEncoder({ label: 'limit' })
    const pass = encoder.beginComputePass({ label: 'limit', ...times.around(0) })
    pass.setBindGroup(0, group)
    pass.setPipeline(pipeline)
    pass.dispatchWorkgroups(groups, 1)
    pass.end()
    times.resolve(encoder)
    device.queue.submit([encoder.finish()])
    return at(await times.read(), 0)
  }
  return {
    vectors,
    add: ({ groups, turns }) => {
      const values = [0.5, 1, turns, 1].flatMap((x) => [x, x, x, x])
      device.queue.writeBuffer(buffer, 0, Float32Array.from(values))
      return run(adder, groups)
    },
    copy: (groups) => run(copier, groups),
  }
}

/** Takes under a second. Null on a device that computes nothing or has no timestamps. */
export const limits = async (adapter: string | undefined): Promise<Limits | null> => {
  const { device, idle, software, features, limits: most } = await open(adapter)
  try {
    if (idle || !features.includes('timestamp-query')) return null
    const bytes = Math.min(software ? small : large, most.maxBufferSize, most.maxStorageBufferBindingSize)
    return await ratesOf(await machineOf(device, lanes * Math.floor(bytes / bytesOfVector / lanes)))
  } finally {
    device.destroy()
  }
}
