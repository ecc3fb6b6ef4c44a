/** A stage: the adapter of webgpu, or parity of a backend with the PyTorch reference: `node bench/pack/agreement.ts BACKEND [FILE...]`. */
import { basename } from 'node:path'
import { backends } from '../../backends/index.ts'
import { adapterStatus, requestedAdapter, webgpu } from '../../backends/webgpu/index.ts'
import { parity, within } from '../../src/cli/parity.ts'
import { isIdle } from '../deviceStep.ts'
import { program, say } from './program.ts'

const adapter = async (): Promise<void> => {
  const { adapter, software, limits, features } = await adapterStatus(requestedAdapter)
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
  // an adapter is of use only if it gives a device
  const most = await webgpu.limits(1)
  const allows = [
    `${limits.maxStorageBuffersPerShaderStage} buffers of ${mib(limits.maxStorageBufferBindingSize)}`,
    `${limits.maxComputeWorkgroupStorageSize / 2 ** 10} KiB and ${limits.maxComputeInvocationsPerWorkgroup} invocations a workgroup`,
    features.join(', ') || 'no features that matter',
    ...(most === null ? [] : [`at most ${most.gflops.toFixed(0)} GFLOPS and ${most.gigabytes.toFixed(0)} GB/s`]),
  ]
  const remark = [software ? `${adapter}, computed by the processor` : adapter, ...allows].join('; ')
  say({ what: 'adapter', by: 'diffit webgpu', software, remark, ...limits })
}

const compare = async (name: 'webgpu' | 'gpu' | 'wasm', path: string): Promise<void> => {
  const [what, by] = [`parity, ${basename(path, '.safetensors')}`, `diffit ${name}`]
  if (name === 'webgpu' && isIdle('webgpu')) return say({ what, by, problem: "Dawn's null backend computes nothing" })
  const result = await parity(backends[name], path)
  const worst = result.deviations.reduce((most, d) => Math.max(most, d.error), 0)
  const said = `largest relative error ${worst.toExponential(2)}, tolerance ${result.limit}`
  say({ what, by, ...(within(result) ? { remark: said } : { problem: said }), worst, tolerance: result.limit })
}

const [, , name, ...paths] = process.argv
await program(async () => {
  if (name === 'adapter') return adapter()
  if (name !== 'webgpu' && name !== 'gpu' && name !== 'wasm')
    throw new Error(`"${name}" is no stage: expected adapter, webgpu, gpu or wasm`)
  for (const path of paths) await compare(name, path)
})
