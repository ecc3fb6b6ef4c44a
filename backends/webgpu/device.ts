/** Opens an adapter with all that it allows, and counts what is made and done on its device. */
import { Refusal } from '../../src/plan/errors.ts'
import { isSoftware } from '../software.ts'
import { type Watch, watching } from '../watch.ts'
import type { GpuAdapter, GpuDevice, GpuLimits } from './api.ts'
import { advice, entry } from './host.ts'

/** An adapter by its name, and whether the processor computes for it. */
export interface AdapterStatus {
  readonly adapter: string
  readonly software: boolean
  /** Dawn's null backend: it checks everything and computes nothing. */
  readonly idle: boolean
  readonly limits: GpuLimits
  /** Of the features that matter here, those that it has. */
  readonly features: readonly string[]
}

export interface OpenDevice extends AdapterStatus {
  readonly device: GpuDevice
  readonly watch: Watch
}

const relevant = ['timestamp-query', 'subgroups', 'shader-f16'] as const

/** As numbers that a device can be asked for: an adapter may say "unlimited" as 2^64 - 1, which is no exact number. */
const exact = (limit: number): number => Math.min(limit, Number.MAX_SAFE_INTEGER)

const limitsOf = (l: GpuLimits): GpuLimits => ({
  maxBufferSize: exact(l.maxBufferSize),
  maxStorageBufferBindingSize: exact(l.maxStorageBufferBindingSize),
  maxStorageBuffersPerShaderStage: exact(l.maxStorageBuffersPerShaderStage),
  maxComputeWorkgroupStorageSize: exact(l.maxComputeWorkgroupStorageSize),
  maxComputeInvocationsPerWorkgroup: exact(l.maxComputeInvocationsPerWorkgroup),
  maxComputeWorkgroupsPerDimension: exact(l.maxComputeWorkgroupsPerDimension),
})

const statusOf = ({ info, limits, features }: GpuAdapter): AdapterStatus => {
  const parts = [info.vendor, info.architecture, info.device, info.description].filter((part) => part !== '')
  const adapter = parts.length === 0 ? 'an adapter without a name' : parts.join(' ')
  return {
    adapter,
    software: isSoftware(adapter),
    idle: adapter.includes('null-backend'),
    limits: limitsOf(limits),
    features: relevant.filter((feature) => features.has(feature)),
  }
}

/** An adapter is good for one device. */
const request = async (asked: string | undefined): Promise<GpuAdapter> => {
  const looked = asked === undefined ? 'any adapter' : `the adapter "${asked}" of DIFFIT_WEBGPU`
  const refuse = (why: string, options?: ErrorOptions): never => {
    throw new Refusal(`webgpu: looked for ${looked}: ${why}: ${advice}`, options)
  }
  const found = await entry(asked)
    .requestAdapter({ powerPreference: 'high-performance' })
    .catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message.trim().replaceAll(/\s*\n\s*/g, ' ') : String(cause)
      return refuse(why, { cause })
    })
  return found ?? refuse('there is none')
}

/** Rejects with a `Refusal` that says what was looked for. */
export const adapterStatus = async (asked: string | undefined): Promise<AdapterStatus> => statusOf(await request(asked))

/** A device of its own, with the adapter's limits. */
export const open = async (asked: string | undefined): Promise<OpenDevice> => {
  const adapter = await request(asked)
  const status = statusOf(adapter)
  const device = await adapter
    .requestDevice({
      label: 'diffit',
      requiredFeatures: status.features.filter((feature) => feature === 'timestamp-query'),
      requiredLimits: { ...status.limits },
    })
    .catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Refusal(`webgpu: ${status.adapter} gives no device: ${why}`, { cause })
    })
  return { ...status, device, watch: watching(device) }
}
