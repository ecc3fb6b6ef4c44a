/** The available devices: each is probed once, and must return data unchanged before it is used. */
import { GPU, WebGPUContext } from 'gpu.js'
import { Refusal } from '../../src/plan/errors.ts'
import { isSoftware } from '../software.ts'
import { type Device, open } from './device.ts'
import type { DeviceStatus } from './deviceStatus.ts'
import { advice, type DeviceName, devices, prepare } from './host.ts'
import { mostElements } from './source.ts'

export interface Found {
  readonly name: DeviceName
  /** The driver's name for it. */
  readonly adapter: string
  /** A software adapter: slow, for correctness only. */
  readonly software: boolean
  /** Whether a thread may compute four elements of a product at once. */
  readonly wide: boolean
  /** Size in bytes of the largest array that a kernel can read or write. */
  readonly mostBytes: number
  readonly open: () => Promise<Device>
}

type Looked = Found | { readonly name: DeviceName; readonly why: string }

/** Values that every float32 device returns unchanged. */
const probe = Float32Array.of(1, -2, 0.1, 2 ** 24, 1e-20)

/** Bytes of as many elements as float32 can index exactly. */
const countable = Float32Array.BYTES_PER_ELEMENT * mostElements

/** Probes a device, and queries it. */
const proved = async <T>(name: DeviceName, ask: (device: Device) => T): Promise<T> => {
  const device = await open(name)
  try {
    const resident = await device.upload(probe)
    const back = await device.download(resident)
    device.release(resident)
    if (probe.every((x, i) => back[i] === x)) return ask(device)
    throw new Error(`${[...probe].join(', ')} came back as ${[...back].join(', ')}`)
  } finally {
    await device.dispose()
  }
}

const webgpu = async (): Promise<Looked> => {
  const name = 'webgpu'
  if (!(await GPU.isWebGPUAvailable())) return { name, why: 'there is no adapter' }
  await proved(name, () => null)
  const { adapter, device } = await WebGPUContext.acquire()
  const { vendor, architecture, description } = adapter.info
  const text = [vendor, architecture, description].filter((part) => part !== '').join(' ')
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits
  const mostBytes = Math.min(countable, maxBufferSize, maxStorageBufferBindingSize)
  return { name, adapter: text, software: isSoftware(text), wide: true, mostBytes, open: () => open(name) }
}

const gl = async (name: 'webgl2' | 'headlessgl'): Promise<Looked> => {
  if (!(name === 'webgl2' ? GPU.isWebGL2Supported : GPU.isHeadlessGLSupported))
    return { name, why: 'there is no context' }
  if (!GPU.isSinglePrecisionSupported) return { name, why: 'it has no float textures' }
  const adapter = await proved(name, (device) => {
    const context = device.context()
    const unmasked = context?.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL
    return String(context?.getParameter(unmasked ?? context.RENDERER))
  })
  return {
    name,
    adapter,
    software: isSoftware(adapter),
    wide: false,
    mostBytes: countable,
    open: () => open(name),
  }
}

const look: Readonly<Record<DeviceName, () => Promise<Looked>>> = {
  webgpu,
  webgl2: () => gl('webgl2'),
  headlessgl: () => gl('headlessgl'),
}

const looked = new Map<DeviceName, Promise<Looked>>()

/** Cached per process: devices are assumed not to change. */
const find = (name: DeviceName): Promise<Looked> => {
  const attempt = async (): Promise<Looked> => {
    const why = prepare(name)
    if (why !== null) return { name, why }
    return look[name]().catch((error: unknown) => ({ name, why: error instanceof Error ? error.message : `${error}` }))
  }
  const known = looked.get(name) ?? attempt()
  looked.set(name, known)
  return known
}

const isDeviceName = (name: string): name is DeviceName => Object.hasOwn(look, name)

const statusOf = (f: Looked): DeviceStatus =>
  'why' in f
    ? { name: f.name, adapter: null, software: false, why: `${f.why} (${advice[f.name]})` }
    : { name: f.name, adapter: f.adapter, software: f.software, why: null }

/** All devices that this system may have. */
export const deviceStatuses = async (): Promise<readonly DeviceStatus[]> =>
  (await Promise.all(devices.map(find))).map(statusOf)

/** The requested device, or the best one; a Refusal says what was looked for. */
export const chosen = async (asked?: string): Promise<Found> => {
  if (asked !== undefined && !(isDeviceName(asked) && devices.includes(asked)))
    throw new Refusal(`gpu: there is no device "${asked}" here: DIFFIT_GPU takes ${devices.join(' or ')}`)
  const missing: string[] = []
  for (const name of devices.filter((d) => asked === undefined || d === asked)) {
    const f = await find(name)
    if (!('why' in f)) return f
    missing.push(`${name}: ${statusOf(f).why}`)
  }
  throw new Refusal(`gpu: no device was found. ${missing.join('; ')}`)
}
