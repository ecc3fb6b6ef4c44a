/**
 * A device through gpu.js: arrays that stay on it, and kernels from arrays to one array. Nothing falls back to the CPU:
 * anything that the requested device does not compute is an error.
 */
import { GPU, type IKernelRunShortcut, type Texture, WebGPUBufferResult, WebGPUKernel } from 'gpu.js'
import type { Watch } from '../watch.ts'
import type { DeviceName } from './host.ts'
import { type Code, quotient } from './source.ts'
import { type GlWatched, watchGl, watchWebGpu } from './watch.ts'

/** An array that stays on the device until it is released. */
export interface Resident {
  readonly elements: number
  readonly handle: Texture
}

export type Kernel = (...reads: readonly Resident[]) => Promise<Resident>

export interface Device {
  readonly upload: (data: Float32Array) => Promise<Resident>
  readonly download: (from: Resident) => Promise<Float32Array>
  readonly release: (resident: Resident) => void
  readonly kernel: (code: Code) => Kernel
  /** WebGL's context; null on WebGPU. */
  readonly context: () => GlContext | null
  readonly watch: Watch
  /** Releases all kernels and arrays. */
  readonly dispose: () => Promise<void>
}

/** The part of a WebGL context that is used here. */
export interface GlContext extends GlWatched {
  readonly RENDERER: number
  readonly getParameter: (what: number) => unknown
  readonly getExtension: (name: string) => { readonly UNMASKED_RENDERER_WEBGL: number } | null
}

const isTexture = (x: unknown): x is Texture =>
  typeof x === 'object' && x !== null && 'delete' in x && typeof x.delete === 'function' && 'toArray' in x

/** A kernel's result, on the device; an Error if gpu.js computed it elsewhere. */
const onDevice = (name: DeviceName, shortcut: IKernelRunShortcut, result: unknown): Texture => {
  const { fallbackReason } = shortcut.kernel
  if (fallbackReason === null && isTexture(result)) return result
  throw new Error(`gpu: a kernel left ${name} for the processor${fallbackReason ? `: ${fallbackReason}` : ''}`)
}

const settings = { pipeline: true, immutable: true, precision: 'single' } as const

/** Functions that kernels call. */
const functions = [{ source: quotient, settings: {} }]

const copying = 'function copy(x) { return x[this.thread.x] }'

/** The same values as a flat array: a vector of four is four contiguous elements. */
const flat = (handle: Texture, elements: number): Texture => {
  if (!(handle instanceof WebGPUBufferResult)) throw new Error('gpu: vectors can be taken apart on WebGPU only')
  const { buffer, context, kernel } = handle
  const row = new WebGPUBufferResult({ buffer, output: [elements], componentCount: 1, context, kernel })
  handle.delete()
  return row
}

/**
 * Detaches a kernel's last result, which gpu.js would keep until its next run: values live as long as the plan says.
 */
const forget = ({ kernel }: IKernelRunShortcut): void => {
  if (!(kernel instanceof WebGPUKernel) || kernel.outputBuffer === null) return
  kernel.outputBuffer._refs--
  kernel.outputBuffer = null
  kernel.bindGroupDirty = true
}

/**
 * Kernels of one device share a context, and gpu.js breaks the others when one is destroyed: they are destroyed
 * together.
 */
export const open = async (name: DeviceName): Promise<Device> => {
  const gpu = new GPU({ mode: name }).setFunctions(functions)
  const shortcutOf = (text: string, threads: number): IKernelRunShortcut =>
    gpu.createKernel(text, { ...settings, output: [threads] })
  const made = async (
    shortcut: IKernelRunShortcut,
    ...reads: readonly (Texture | Float32Array)[]
  ): Promise<Texture> => {
    const result: unknown = await shortcut(...reads)
    const handle = onDevice(name, shortcut, result)
    forget(shortcut)
    return handle
  }
  const watch = name === 'webgpu' ? await watchWebGpu() : watchGl(name, () => gpu.context)
  const copies = new Map<number, IKernelRunShortcut>()
  return {
    upload: async (data) => {
      const copy = copies.get(data.length) ?? shortcutOf(copying, data.length)
      copies.set(data.length, copy)
      return { elements: data.length, handle: await made(copy, data) }
    },
    download: async ({ handle, elements }) => {
      const numbers: unknown = await handle.toArray()
      if (numbers instanceof Float32Array && numbers.length >= elements) return numbers.slice(0, elements)
      throw new Error(`gpu: ${elements} numbers were not read back from ${name}`)
    },
    release: ({ handle }) => handle.delete(),
    kernel: ({ text, threads, wide }) => {
      const shortcut = shortcutOf(text, threads)
      const elements = wide ? 4 * threads : threads
      return async (...reads) => {
        const handle = await made(shortcut, ...reads.map((r) => r.handle))
        return { elements, handle: wide ? flat(handle, elements) : handle }
      }
    },
    context: () => gpu.context,
    watch,
    dispose: () => gpu.destroy(),
  }
}
