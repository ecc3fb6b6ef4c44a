/**
 * The gpu backend: float32 on WebGPU or WebGL by gpu.js. State stays on the device; inputs are uploaded, outputs
 * downloaded.
 */
import type { Backend, CompileOptions, Executable, KernelTime, Named, Numbers } from '../../src/plan/backend.ts'
import { feedsOf } from '../../src/plan/feeds.ts'
import { refuseToObserve } from '../../src/plan/observing.ts'
import type { Plan, Slot } from '../../src/plan/plan.ts'
import { guarded } from '../guard.ts'
import { turns } from '../turns.ts'
import type { Device, Kernel } from './device.ts'
import type { Found } from './devices.ts'
import { devices } from './load.ts'
import { type Call, type GpuProgram, program } from './program.ts'
import { type Residents, residents } from './residents.ts'

const float32 = (numbers: Numbers): Float32Array =>
  numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)

const describe = ({ name, adapter, software }: Found): string =>
  `gpu (${name}: ${adapter}${software ? ', computed by the processor: for correctness, not for speed' : ''})`

interface Step {
  readonly call: Call
  readonly kernel: Kernel
}

/** The kernels of a program's calls; equal ones are one. */
const stepsOf = ({ calls, values }: GpuProgram, device: Device): readonly Step[] => {
  const known = new Map<string, Kernel>()
  /** On WebGL the array sizes are compiled into a kernel. */
  const kernelOf = ({ code, reads }: Call): Kernel => {
    const key = [code.threads, ...reads.map((v) => values[v]), code.text].join(' ')
    const kernel = known.get(key) ?? device.kernel(code)
    known.set(key, kernel)
    return kernel
  }
  return calls.map((call) => ({ call, kernel: kernelOf(call) }))
}

/** Numbers up to the device and down from it, by the plan's ports. */
const transfers = (plan: Plan, { given }: GpuProgram, device: Device, held: Residents) => {
  const sizeOf = (p: Pick<Slot, 'buffer'>): number => {
    const buffer = plan.buffers[p.buffer]
    if (buffer === undefined) throw new RangeError(`gpu: the plan has no buffer ${p.buffer}`)
    return buffer.size
  }
  const put = async (buffer: number, data: Float32Array): Promise<void> => {
    const value = given.get(buffer)
    if (value === undefined || data.length === 0) return
    held.hold(value, await device.upload(data))
  }
  const down = (p: Slot, where: ReadonlyMap<number, number>): Numbers | Promise<Numbers> => {
    const value = where.get(p.buffer)
    if (sizeOf(p) === 0) return new Float32Array(0)
    if (value === undefined) throw new Error(`gpu: "${p.name}" has no value`)
    return device.download(held.of(value))
  }
  const read = async (list: readonly Slot[], where: ReadonlyMap<number, number>): Promise<Named> => {
    const numbers: [string, Numbers][] = []
    for (const p of list) numbers.push([p.name, await down(p, where)])
    return Object.fromEntries(numbers)
  }
  const start = async (): Promise<void> => {
    for (const { buffer, data } of plan.constants) await put(buffer, Float32Array.from(data))
    for (const p of stateOf(plan)) await put(p.buffer, new Float32Array(sizeOf(p)))
  }
  return { put, read, start }
}

const stateOf = (plan: Plan): readonly Slot[] => plan.inputs.filter((p) => plan.state.includes(p.name))

/** Milliseconds of every call since they were last taken. */
const stopwatch = () => {
  const spent = new Map<Call, number>()
  return {
    add: (call: Call, milliseconds: number): void => {
      const before = spent.get(call)
      spent.set(call, before === undefined ? milliseconds : before + milliseconds)
    },
    take: (): readonly KernelTime[] => {
      const list = [...spent].map(([{ at }, milliseconds]) => ({ ...at, milliseconds }))
      spent.clear()
      return list
    },
  }
}

/** After a run the next state takes the place of the old one, and outputs are let go of. */
const handOver = (plan: Plan, { given, final }: GpuProgram, held: Residents): void => {
  for (const { buffer } of stateOf(plan)) {
    const [before, after] = [given.get(buffer), final.get(buffer)]
    if (before !== undefined && after !== undefined && before !== after) held.move(after, before)
  }
  const stay = new Set(given.values())
  for (const { buffer } of plan.outputs) {
    const made = final.get(buffer)
    if (made !== undefined && !stay.has(made)) held.release(made)
  }
}

const compile = async (found: Found, plan: Plan, options: CompileOptions): Promise<Executable> => {
  const made = program(plan, found.wide)
  const device = await found.open()
  const ports = feedsOf(plan)
  const steps = stepsOf(made, device)
  const held = residents(device)
  const { put, read, start } = transfers(plan, made, device, held)
  const written = new Set<string>()
  const write = async (feeds: Named): Promise<void> => {
    for (const [port, numbers] of ports.checked(feeds)) {
      await put(port.buffer, float32(numbers))
      written.add(port.name)
    }
  }
  const profile = options.profile === true
  const times = stopwatch()
  const run = async (): Promise<Named> => {
    for (const [i, { call, kernel }] of steps.entries()) {
      const start = performance.now()
      held.hold(call.makes, await kernel(...call.reads.map(held.of)))
      if (profile) {
        await device.watch.finish()
        times.add(call, performance.now() - start)
      }
      made.dead[i]?.forEach(held.release)
    }
    const outputs = await read(plan.outputs, made.final)
    handOver(plan, made, held)
    return outputs
  }

  const guard = guarded('gpu', `${found.name} (${found.adapter})`, device.watch, held.bytes)
  const close = (): Promise<void> => {
    held.releaseAll()
    return device.dispose()
  }
  try {
    await guard(start)
  } catch (error) {
    await close()
    throw error
  }
  const inTurn = turns('gpu')
  const turn = <T>(act: () => Promise<T> | T): Promise<T> => inTurn(() => guard(act))
  return {
    write: (values) => turn(() => write(values)),
    run: (feeds) =>
      turn(async () => {
        await write(feeds)
        ports.complete(written)
        return run()
      }),
    read: (names) => turn(() => read(names.map(ports.find), made.given)),
    profile: () => turn(() => (profile ? times.take() : [])),
    description: describe(found),
    get bytes() {
      return held.bytes()
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
  compile: async (plan, options = {}) => {
    refuseToObserve('gpu', options)
    return compile(await (await devices()).chosen(device), plan, options)
  },
})
