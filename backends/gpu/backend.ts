/**
 * The gpu backend: float32 on WebGPU or WebGL by gpu.js. State stays on the device; inputs are uploaded, outputs
 * downloaded.
 */
import type { Backend, CompileOptions, Executable, KernelTime, Named, Numbers } from '../../src/plan/backend.ts'
import { feedsOf } from '../../src/plan/feeds.ts'
import type { Plan, Slot } from '../../src/plan/plan.ts'
import { turns } from '../turns.ts'
import type { Kernel, Resident } from './device.ts'
import type { Found } from './devices.ts'
import { guarded } from './guard.ts'
import { devices } from './load.ts'
import { type Call, program } from './program.ts'

const float32 = (numbers: Numbers): Float32Array =>
  numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)

const describe = ({ name, adapter, software }: Found): string =>
  `gpu (${name}: ${adapter}${software ? ', computed by the processor: for correctness, not for speed' : ''})`

const compile = async (found: Found, plan: Plan, options: CompileOptions): Promise<Executable> => {
  const { values: sizes, given, calls, final, dead } = program(plan, found.wide)
  const device = await found.open()
  const named = feedsOf(plan)
  const known = new Map<string, Kernel>()
  /** On WebGL the array sizes are compiled into a kernel. */
  const kernelOf = ({ code, reads }: Call): Kernel => {
    const key = [code.threads, ...reads.map((v) => sizes[v]), code.text].join(' ')
    const kernel = known.get(key) ?? device.kernel(code)
    known.set(key, kernel)
    return kernel
  }
  const steps = calls.map((call) => ({ call, kernel: kernelOf(call) }))
  /** The current array of every value of the program that exists. */
  const values = new Map<number, Resident>()
  const release = (value: number): void => {
    const resident = values.get(value)
    if (resident !== undefined) device.release(resident)
    values.delete(value)
  }
  const put = async (buffer: number, data: Float32Array): Promise<void> => {
    const value = given.get(buffer)
    if (value === undefined || data.length === 0) return
    const resident = await device.upload(data)
    release(value)
    values.set(value, resident)
  }
  const written = new Set<string>()
  const write = async (feeds: Named): Promise<void> => {
    for (const [slot, numbers] of named.checked(feeds)) {
      await put(slot.buffer, float32(numbers))
      written.add(slot.name)
    }
  }
  const residentOf = (v: number): Resident => {
    const resident = values.get(v)
    if (resident === undefined) throw new Error(`gpu: value ${v} was not computed`)
    return resident
  }
  const sizeOf = (p: Slot): number => plan.buffers[p.buffer]?.size ?? 0
  const read = async (list: readonly Slot[], where: ReadonlyMap<number, number>): Promise<Named> => {
    const numbers: [string, Numbers][] = []
    for (const p of list)
      numbers.push([
        p.name,
        sizeOf(p) === 0 ? new Float32Array(0) : await device.download(residentOf(where.get(p.buffer) ?? -1)),
      ])
    return Object.fromEntries(numbers)
  }

  const profile = options.profile === true
  const spent = new Map<Call, number>()
  /** Values that the next run replaces, or that are not needed after it. */
  const state = plan.inputs.filter((p) => plan.state.includes(p.name))
  const run = async (): Promise<Named> => {
    for (const [i, { call, kernel }] of steps.entries()) {
      const start = performance.now()
      values.set(call.makes, await kernel(...call.reads.map(residentOf)))
      if (profile) {
        await device.watch.finish()
        spent.set(call, (spent.get(call) ?? 0) + performance.now() - start)
      }
      for (const v of dead[i] ?? []) release(v)
    }
    const outputs = await read(plan.outputs, final)
    for (const { buffer } of state) {
      const [before, after] = [given.get(buffer), final.get(buffer)]
      if (before === undefined || after === undefined || before === after) continue
      const resident = residentOf(after)
      values.delete(after)
      release(before)
      values.set(before, resident)
    }
    for (const { buffer } of plan.outputs) {
      const made = final.get(buffer)
      if (made !== undefined && ![...given.values()].includes(made)) release(made)
    }
    return outputs
  }

  const bytes = (): number => [...values.values()].reduce((sum, r) => sum + 4 * r.elements, 0)
  const guard = guarded(`${found.name} (${found.adapter})`, device.watch, bytes)
  const close = (): Promise<void> => {
    for (const v of [...values.keys()]) release(v)
    return device.dispose()
  }
  try {
    await guard(async () => {
      for (const { buffer, data } of plan.constants) await put(buffer, Float32Array.from(data))
      for (const p of state) await put(p.buffer, new Float32Array(sizeOf(p)))
    })
  } catch (error) {
    await close()
    throw error
  }

  const times = (): readonly KernelTime[] => {
    const list = [...spent].map(([{ at }, milliseconds]) => ({ ...at, milliseconds }))
    spent.clear()
    return list
  }
  const inTurn = turns('gpu')
  const turn = <T>(act: () => Promise<T> | T): Promise<T> => inTurn(() => guard(act))
  return {
    write: (feeds) => turn(() => write(feeds)),
    run: (feeds) =>
      turn(async () => {
        await write(feeds)
        named.complete(written)
        return run()
      }),
    read: (names) => turn(() => read(names.map(named.find), given)),
    profile: () => turn(() => (profile ? times() : [])),
    description: describe(found),
    get bytes() {
      return bytes()
    },
    dispose: () => inTurn.last(close),
  }
}

/** `device` is one of webgpu, webgl2 and headlessgl, instead of the best available; a `Refusal` if it is missing. */
export const gpuBackend = ({ device }: { readonly device?: string | undefined } = {}): Backend => ({
  name: 'gpu',
  precision: 'f32',
  memory: {
    bytesPerNumber: 4,
    ofHost: false,
    limits: async () => ({ plan: null, buffer: (await (await devices()).chosen(device)).mostBytes }),
  },
  limits: async () => null,
  compile: async (plan, options = {}) => compile(await (await devices()).chosen(device), plan, options),
})
