/**
 * A device's peak rates by timestamps: multiply-adds in registers, and copying from one half of a buffer to the other.
 * Measured, so it varies from run to run; it is for comparison only, and nothing is chosen by it.
 */
import type { Limits } from '../../src/plan/backend.ts'
import { at } from '../../src/tensor/axes.ts'
import { type GpuDevice, usage } from './api.ts'
import { bound } from './binding.ts'
import { open } from './device.ts'
import { pipelineOf } from './pipeline.ts'
import { lanes } from './text.ts'
import { type Timestamps, timestamps } from './timestamps.ts'

/** Vectors that a lane adds to in turn, and how often in one turn of the loop: enough to hide latency. */
const [vectors, unrolled] = [8, 4]
const names = Array.from({ length: vectors }, (_, i) => `s${i}`)

const head = `@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group.x * ${lanes}u + lane;`

/** Elements before those that lanes write to: factor, summand, turns, first value. */
const given = 4

const multiplyAdds = `${head}
  let scale = a[0];
  let shift = a[1];
  let turns = u32(a[2].x);
${names.map((s, n) => `  var ${s} = a[3] + f32(lane) + ${n}f;`).join('\n')}
  for (var turn = 0u; turn < turns; turn++) {
${Array.from({ length: unrolled }, () => names.map((s) => `    ${s} = fma(${s}, scale, shift);`).join('\n')).join('\n')}
  }
  a[${given}u + i] = ${names.join(' + ')};
}`

const copying = `${head}
  a[arrayLength(&a) / 2u + i] = a[i];
}`

/** Operations of a lane in a turn: two for each of four components. */
const turnFlops = 8 * vectors * unrolled

/** Groups and turns: few for a processor at first, then more until a run takes long against its start. */
interface Amount {
  readonly groups: number
  readonly turns: number
}
const first: Amount = { groups: 16, turns: 16 }
const [mostGroups, mostTurns, enoughMilliseconds, tries] = [4096, 2 ** 16, 4, 5]

/** Too large for the caches of a card; for a software adapter it need not be. */
const [large, small] = [2 ** 28, 2 ** 22]

/** Runs one text over the buffer: milliseconds. */
type Run = (groups: number) => Promise<number>

const prepared = (device: GpuDevice, bytes: number, times: Timestamps) => {
  const buffer = device.createBuffer({ label: 'limit', size: bytes, usage: usage.storage | usage.copyTo })
  const { group, layout } = bound(device, [buffer])
  const runOf = async (label: string, code: string): Promise<Run> => {
    const pipeline = await pipelineOf(device, layout, { label, code })
    return async (groups) => {
      const encoder = device.createCommandEncoder({ label })
      const pass = encoder.beginComputePass({ label, ...times.around(0) })
      pass.setBindGroup(0, group)
      pass.setPipeline(pipeline)
      pass.dispatchWorkgroups(groups, 1)
      pass.end()
      times.resolve(encoder)
      device.queue.submit([encoder.finish()])
      return at(await times.read(), 0)
    }
  }
  const write = (turns: number): void => {
    const four = (x: number): readonly number[] => [x, x, x, x]
    device.queue.writeBuffer(buffer, 0, Float32Array.from([0.5, 1, turns, 1].flatMap(four)))
  }
  return { runOf, write }
}

const least = async (run: Run, groups: number): Promise<number> => {
  let best = await run(groups)
  for (let i = 1; i < tries; i++) best = Math.min(best, await run(groups))
  return best
}

/** Takes under a second. Null on a device that computes nothing or has no timestamps. */
export const limits = async (adapter: string | undefined): Promise<Limits | null> => {
  const { device, idle, software, features, limits: most } = await open(adapter)
  try {
    if (idle || !features.includes('timestamp-query')) return null
    const bytes = Math.min(software ? small : large, most.maxBufferSize, most.maxStorageBufferBindingSize)
    const elements = lanes * Math.floor(bytes / 16 / lanes)
    const { runOf, write } = prepared(device, 16 * elements, timestamps(device, 1))
    const add = await runOf('multiply-adds', multiplyAdds)
    const groupsThere = Math.min(mostGroups, Math.floor((elements - given) / lanes))
    let { groups, turns } = first
    for (;;) {
      write(turns)
      if ((await add(groups)) >= enoughMilliseconds || turns >= mostTurns) break
      if (groups < groupsThere) groups = Math.min(groupsThere, 8 * groups)
      else turns *= 4
    }
    const adding = await least(add, groups)
    const copyGroups = Math.floor(elements / 2 / lanes)
    const copied = await least(await runOf('copying', copying), copyGroups)
    return {
      gflops: (groups * lanes * turns * turnFlops) / adding / 1e6,
      gigabytes: (2 * 16 * copyGroups * lanes) / copied / 1e6,
    }
  } finally {
    device.destroy()
  }
}
