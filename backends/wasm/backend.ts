/** The wasm backend: float32, generated WebAssembly, threads over one shared memory. */
import type { Backend, CompileOptions, Executable, KernelTime, Named } from '../../src/plan/backend.ts'
import { feedsOf } from '../../src/plan/feeds.ts'
import { refuseToObserve } from '../../src/plan/observing.ts'
import type { Plan, Slot } from '../../src/plan/plan.ts'
import { turns } from '../turns.ts'
import { assemble } from './assemble.ts'
import { chosen, compileFor, type FormChoice, words } from './features.ts'
import { limits } from './limit.ts'
import { program } from './program.ts'
import { availableBytes, createMemory, startThreads, threadCount } from './runtime.ts'

/** `wasm (256-bit fma), 2 threads`; if it is not the fastest variant, why. */
const describe = ({ form, why }: FormChoice, threads: number): string =>
  `wasm (${words[form.name].name}${why === null ? '' : `: ${why}`}), ${threads} thread${threads === 1 ? '' : 's'}`

const compile = async (kernel: string | undefined, plan: Plan, options: CompileOptions): Promise<Executable> => {
  refuseToObserve('wasm', options)
  const threads = threadCount(options.threads)
  const profile = options.profile === true
  const choice = await chosen(kernel)
  const { form } = choice
  const made = program(plan, form, options)
  const memory = createMemory(made, threads)
  const module = await compileFor(form, await assemble(made.text))
  const clocks = (thread: number): number => made.scratch(thread + 1) - 8 * made.clocks.length
  const pool = await startThreads(
    Array.from({ length: threads }, (_, t) => ({ module, memory, scratch: made.scratch(t), clocks: clocks(t) })),
  )
  const view = (buffer: number, size: number): Float32Array =>
    new Float32Array(memory.buffer, made.addresses[buffer] ?? 0, size)
  const sizeOf = (buffer: number): number => plan.buffers[buffer]?.size ?? 0
  for (const { buffer, data } of plan.constants) view(buffer, data.length).set(data)

  const named = feedsOf(plan)
  const written = new Set<string>()
  const write = (values: Named): void => {
    for (const [slot, data] of named.checked(values)) {
      view(slot.buffer, data.length).set(data)
      written.add(slot.name)
    }
  }
  const copy = (slots: readonly Slot[]): Named =>
    Object.fromEntries(slots.map((p) => [p.name, view(p.buffer, sizeOf(p.buffer)).slice()]))

  /** Every thread's timings, one per call. */
  const clockViews = (): readonly Float64Array[] =>
    Array.from({ length: threads }, (_, t) => new Float64Array(memory.buffer, clocks(t), made.clocks.length))
  const takeTimes = (): readonly KernelTime[] => {
    const views = clockViews()
    const times = made.clocks.map((at, i) => ({
      ...at,
      milliseconds: views.reduce((sum, view) => sum + (view[i] ?? 0), 0) / threads,
    }))
    for (const view of views) view.fill(0)
    return times
  }

  const inTurn = turns('wasm')
  /** Threads that died in a run left its results incomplete. */
  const turn = <T>(act: () => Promise<T> | T): Promise<T> =>
    inTurn(() => {
      const loss = pool.loss()
      if (loss !== null) throw loss
      return act()
    })
  return {
    write: (values) => turn(() => write(values)),
    run: (feeds) =>
      turn(async () => {
        write(feeds)
        named.complete(written)
        new Int32Array(memory.buffer, made.counters, made.stages).fill(0)
        await pool.run()
        return copy(plan.outputs)
      }),
    read: (wanted) => turn(() => copy(wanted.map(named.find))),
    profile: () => turn(() => (profile ? takeTimes() : [])),
    description: describe(choice, threads),
    bytes: memory.buffer.byteLength,
    dispose: () => inTurn.last(pool.stop),
  }
}

/**
 * `kernel` names the kernel variant (see `forms`), instead of the fastest that the engine computes correctly. An unknown
 * name, or a variant that does not work on this machine, makes `compile` fail with a `Refusal`.
 */
export const wasmBackend = ({ kernel }: { readonly kernel?: string | undefined } = {}): Backend => ({
  name: 'wasm',
  precision: 'f32',
  memory: { bytesPerNumber: 4, ofHost: true, limits: async () => ({ plan: availableBytes(), buffer: null }) },
  limits: async (threads) => limits((await chosen(kernel)).form, threads),
  compile: (plan, options = {}) => compile(kernel, plan, options),
})
