/**
 * A device through gpu.js: arrays that stay on it, and kernels from one array to another. Nothing here falls back to a
 * processor: what is not computed by the device that was asked for is an error.
 */
import { GPU, type IKernelRunShortcut, type Texture, WebGPUBufferResult, WebGPUContext } from 'gpu.js'
import { Refusal } from '../../src/lower/refusal.ts'
import { advice, type DeviceName, devices, prepare } from './host.ts'
import { type Code, quotient } from './source.ts'

/** Numbers that stay on the device until they are released. */
export interface Resident {
  readonly elements: number
  readonly handle: Texture
}

export interface Kernel {
  readonly run: (...reads: readonly Resident[]) => Promise<Resident>
  readonly dispose: () => void
}

export interface Device {
  readonly name: DeviceName
  /** As the driver calls it. */
  readonly adapter: string
  /** Computes on the processor: slow, for correctness only. */
  readonly software: boolean
  /** A thread may make four elements at once. */
  readonly wide: boolean
  readonly upload: (data: Float32Array) => Promise<Resident>
  readonly download: (from: Resident) => Promise<Float32Array>
  readonly release: (resident: Resident) => void
  readonly kernel: (code: Code) => Kernel
  /** Resolves when everything that was asked for is computed. */
  readonly finish: () => Promise<void>
}

const isTexture = (x: unknown): x is Texture =>
  typeof x === 'object' && x !== null && 'delete' in x && typeof x.delete === 'function' && 'toArray' in x

/** What a kernel gave, on the device; an Error where gpu.js computed it elsewhere. */
const onDevice = (name: DeviceName, shortcut: IKernelRunShortcut, result: unknown): Texture => {
  const { fallbackReason } = shortcut.kernel
  if (fallbackReason === null && isTexture(result)) return result
  throw new Error(`gpu: a kernel left ${name} for the processor${fallbackReason ? `: ${fallbackReason}` : ''}`)
}

const settings = { pipeline: true, immutable: true, precision: 'single' } as const

/** What kernels call. */
const functions = [{ source: quotient, settings: {} }]

/** The same numbers in a row: a vector of four is four elements side by side. */
const flat = (handle: Texture, elements: number): Texture => {
  if (!(handle instanceof WebGPUBufferResult)) throw new Error('gpu: vectors can be taken apart on WebGPU only')
  const { buffer, context, kernel } = handle
  const row = new WebGPUBufferResult({ buffer, output: [elements], componentCount: 1, context, kernel })
  handle.delete()
  return row
}

const copying = 'function copy(x) { return x[this.thread.x] }'

const open = (gpu: GPU, name: DeviceName, wide: boolean): Omit<Device, 'adapter' | 'software' | 'finish'> => {
  const shortcutOf = (text: string, threads: number): IKernelRunShortcut =>
    gpu.createKernel(text, { ...settings, output: [threads] })
  const copies = new Map<number, IKernelRunShortcut>()
  return {
    name,
    wide,
    upload: async (data) => {
      const copy = copies.get(data.length) ?? shortcutOf(copying, data.length)
      copies.set(data.length, copy)
      const result: unknown = await copy(data)
      return { elements: data.length, handle: onDevice(name, copy, result) }
    },
    download: async ({ handle, elements }) => {
      const numbers: unknown = await handle.toArray()
      if (numbers instanceof Float32Array && numbers.length >= elements) return numbers.slice(0, elements)
      throw new Error(`gpu: ${elements} numbers were not read back from ${name}`)
    },
    release: ({ handle }) => handle.delete(),
    kernel: ({ text, threads, wide: vectors }) => {
      const shortcut = shortcutOf(text, threads)
      const elements = vectors ? 4 * threads : threads
      return {
        run: async (...reads) => {
          const result: unknown = await shortcut(...reads.map((r) => r.handle))
          const handle = onDevice(name, shortcut, result)
          return { elements, handle: vectors ? flat(handle, elements) : handle }
        },
        dispose: () => shortcut.destroy(),
      }
    },
  }
}

/** Numbers that every float32 device gives back as they were. */
const probe = Float32Array.of(1, -2, 0.1, 2 ** 24, 1e-20)

type Found = { readonly device: Device } | { readonly why: string }

const software = /swiftshader|llvmpipe|softpipe|software|basic render/i

const webgpu = async (): Promise<Found> => {
  if (!(await GPU.isWebGPUAvailable())) return { why: 'there is no adapter' }
  const { adapter, device } = await WebGPUContext.acquire()
  const { vendor, architecture, description } = adapter.info
  const text = [vendor, architecture, description].filter((part) => part !== '').join(' ')
  const finish = (): Promise<void> => device.queue.onSubmittedWorkDone()
  const opened = open(new GPU({ mode: 'webgpu' }).setFunctions(functions), 'webgpu', true)
  return { device: { ...opened, adapter: text, software: software.test(text), finish } }
}

/** What is used of a WebGL context. */
interface GlContext {
  readonly RENDERER: number
  readonly getParameter: (what: number) => unknown
  readonly getExtension: (name: string) => { readonly UNMASKED_RENDERER_WEBGL: number } | null
  readonly finish: () => void
}

const gl = async (name: 'webgl2' | 'headlessgl'): Promise<Found> => {
  if (!(name === 'webgl2' ? GPU.isWebGL2Supported : GPU.isHeadlessGLSupported)) return { why: 'there is no context' }
  if (!GPU.isSinglePrecisionSupported) return { why: 'it has no float textures' }
  const gpu = new GPU({ mode: name }).setFunctions(functions)
  const opened = open(gpu, name, false)
  opened.release(await opened.upload(probe))
  const context: GlContext = gpu.context
  const unmasked = context.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL
  const text = String(context.getParameter(unmasked ?? context.RENDERER))
  const finish = async (): Promise<void> => context.finish()
  return { device: { ...opened, adapter: text, software: software.test(text), finish } }
}

const look: Readonly<Record<DeviceName, () => Promise<Found>>> = {
  webgpu,
  webgl2: () => gl('webgl2'),
  headlessgl: () => gl('headlessgl'),
}

/** A device that gives numbers back as they were. */
const proved = async (f: Found): Promise<Found> => {
  if (!('device' in f)) return f
  const resident = await f.device.upload(probe)
  const back = await f.device.download(resident)
  f.device.release(resident)
  return probe.every((x, i) => back[i] === x)
    ? f
    : { why: `${[...probe].join(', ')} came back as ${[...back].join(', ')}` }
}

const found = new Map<DeviceName, Promise<Found>>()

/** A device is opened once a process and shared. */
const find = (name: DeviceName): Promise<Found> => {
  const attempt = async (): Promise<Found> => {
    const why = prepare(name)
    if (why !== null) return { why }
    return look[name]()
      .then(proved)
      .catch((error: unknown) => ({ why: error instanceof Error ? error.message : String(error) }))
  }
  const known = found.get(name) ?? attempt()
  found.set(name, known)
  return known
}

const isDeviceName = (name: string): name is DeviceName => Object.hasOwn(look, name)

/** A device that was looked for: its adapter, or why it is not there. */
export interface Finding {
  readonly name: DeviceName
  readonly adapter: string | null
  readonly software: boolean
  readonly why: string | null
}

/** All devices that this system may have. */
export const findings = (): Promise<readonly Finding[]> =>
  Promise.all(
    devices.map(async (name): Promise<Finding> => {
      const f = await find(name)
      return 'device' in f
        ? { name, adapter: f.device.adapter, software: f.device.software, why: null }
        : { name, adapter: null, software: false, why: `${f.why}; ${advice[name] ?? ''}` }
    }),
  )

/** The device that was asked for, or the best one; a Refusal says what was looked for. */
export const openDevice = async (asked?: string): Promise<Device> => {
  if (asked !== undefined && !(isDeviceName(asked) && devices.includes(asked)))
    throw new Refusal(`gpu: there is no device "${asked}" here: it is one of ${devices.join(', ')}`)
  const missing: string[] = []
  for (const name of devices.filter((d) => asked === undefined || d === asked)) {
    const f = await find(name)
    if ('device' in f) return f.device
    missing.push(`${name}: ${f.why} (${advice[name] ?? ''})`)
  }
  throw new Refusal(`gpu: no device was found. ${missing.join('; ')}`)
}
