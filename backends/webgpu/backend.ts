/** The webgpu backend: float32, the plan compiled to WGSL; state stays on the device. */
import type { Backend, CompileOptions, Executable, Named, Numbers } from '../../src/plan/backend.ts'
import { feedsOf } from '../../src/plan/feeds.ts'
import { refuseToObserve } from '../../src/plan/observing.ts'
import type { Plan, Slot } from '../../src/plan/plan.ts'
import { at } from '../../src/tensor/axes.ts'
import { guarded } from '../guard.ts'
import { turns } from '../turns.ts'
import type { GpuLimits } from './api.ts'
import { type Counts, counted } from './counted.ts'
import { adapterStatus, type OpenDevice, open } from './device.ts'
import { limits } from './limit.ts'
import { program, type Room, type WebGpuProgram } from './program.ts'
import type { Piece } from './readback.ts'
import { runner } from './runner.ts'
import { stopwatch } from './stopwatch.ts'

/** An executable that says what it made and did on its device. */
export interface WebGpuExecutable extends Executable {
  /** So far; `host` is milliseconds of the host in runs: conversion of feeds, encoding, submitting. */
  readonly counts: () => Counts & { readonly host: number }
}

export interface WebGpuBackend extends Backend {
  readonly compile: (plan: Plan, options?: CompileOptions) => Promise<WebGpuExecutable>
}

const float32 = (numbers: Numbers): Float32Array =>
  numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)

const describe = ({ adapter, software, idle }: OpenDevice): string =>
  `webgpu (${adapter}${software ? ', computed by the processor: for correctness, not for speed' : ''}${idle ? ': it computes nothing' : ''})`

/** Bytes of one buffer that can be bound as a whole, and how many of them at once. */
export const bindable = (limits: GpuLimits): { readonly bytes: number; readonly buffers: number } => ({
  bytes: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
  buffers: limits.maxStorageBuffersPerShaderStage,
})

/** Units of one dispatch where the processor computes: with more it takes longer, with one their division is not tested. */
const abreastInSoftware = 2

const roomOf = ({ limits, idle, software }: OpenDevice): Room => {
  const { bytes, buffers } = bindable(limits)
  const abreast = software ? abreastInSoftware : Number.POSITIVE_INFINITY
  return { elements: 64 * Math.floor(bytes / 256), arenas: buffers, abreast, idle }
}

const pieceOf = (plan: Plan, { places }: WebGpuProgram, slot: Slot): Piece => ({
  name: slot.name,
  ...at(places, slot.buffer),
  elements: at(plan.buffers, slot.buffer).size,
})

const compile = async (
  asked: string | undefined,
  plan: Plan,
  { profile = false, compiling = () => undefined }: CompileOptions,
): Promise<WebGpuExecutable> => {
  const opened = await open(asked)
  const counting = counted(opened.device)
  const start = async () => {
    const made = program(plan, roomOf(opened))
    const watch = profile ? stopwatch(counting, opened.features, made.dispatches) : null
    const pieces = plan.outputs.map((slot) => pieceOf(plan, made, slot))
    const machine = await runner(counting, made, pieces, watch, compiling)
    for (const { buffer, data } of plan.constants) machine.write(buffer, Float32Array.from(data))
    return { made, watch, machine }
  }
  let [held, host] = [0, 0]
  const guard = guarded('webgpu', opened.adapter, opened.watch, () => held)
  const { made, watch, machine } = await guard(start).catch((error: unknown) => {
    opened.device.destroy()
    throw error
  })
  held = machine.bytes
  const named = feedsOf(plan)
  const written = new Set<string>()
  const write = (feeds: Named): void => {
    for (const [slot, numbers] of named.checked(feeds)) {
      machine.write(slot.buffer, float32(numbers))
      written.add(slot.name)
    }
  }
  const inTurn = turns('webgpu')
  const turn = <T>(act: () => Promise<T> | T): Promise<T> => inTurn(() => guard(act))
  return {
    write: (values) => turn(() => write(values)),
    run: async (feeds) => {
      // the next run may begin before this one has been read
      const read = await turn(async () => {
        const start = performance.now()
        write(feeds)
        named.complete(written)
        const begun = await machine.run()
        host += performance.now() - start
        return begun
      })
      return guard(read)
    },
    read: (names) => turn(() => machine.read(names.map((name) => pieceOf(plan, made, named.find(name))))),
    profile: () => turn(() => (watch === null ? [] : watch.take())),
    counts: () => ({ ...counting.counts(), host }),
    description: describe(opened),
    bytes: machine.bytes,
    dispose: () =>
      inTurn.last(async () => {
        await machine.finish()
        opened.device.destroy()
      }),
  }
}

/** `adapter` is a part of an adapter's name, or `null` for Dawn's null backend, which computes nothing. */
export const webgpuBackend = ({ adapter }: { readonly adapter?: string | undefined } = {}): WebGpuBackend => ({
  name: 'webgpu',
  precision: 'f32',
  memory: {
    bytesPerNumber: 4,
    ofHost: false,
    limits: async () => {
      const { bytes, buffers } = bindable((await adapterStatus(adapter)).limits)
      return { plan: bytes * buffers, buffer: bytes }
    },
  },
  limits: () => limits(adapter),
  compile: async (plan, options = {}) => {
    refuseToObserve('webgpu', options)
    return compile(adapter, plan, options)
  },
})
