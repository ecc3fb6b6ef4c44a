/** The wasm backend: float32, generated WebAssembly, threads over one shared memory. */
import type { Backend, CompileOptions, Executable, KernelTime, Named, Numbers } from '../../src/lower/backend.ts'
import type { Plan, Port } from '../../src/lower/plan.ts'
import { assemble } from './assemble.ts'
import { chosen, compileFor, type FormChoice, words } from './features.ts'
import { host } from './host.ts'
import { limits } from './limit.ts'
import { program } from './program.ts'
import { createMemory, startThreads } from './runtime.ts'

const names = (ports: readonly Port[]): string => ports.map((p) => p.name).join(', ') || 'none'

/** `wasm (256-bit fma), 2 threads`; where it is not the fastest form, why. */
const describe = ({ form, why }: FormChoice, threads: number): string =>
  `wasm (${words[form.name].name}${why === null ? '' : `: ${why}`}), ${threads} thread${threads === 1 ? '' : 's'}`

const compile = async (kernel: string | undefined, plan: Plan, options: CompileOptions): Promise<Executable> => {
  const threads = Math.max(1, Math.floor(options.threads ?? host.parallelism()))
  const profile = options.profile === true
  const choice = await chosen(kernel)
  const { form } = choice
  const made = program(plan, form, profile)
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

  const inputs = new Map(plan.inputs.map((p) => [p.name, p]))
  const find = (name: string): Port => {
    const port = inputs.get(name)
    if (port === undefined) throw new RangeError(`wasm: no input is called ${name}; the plan has ${names(plan.inputs)}`)
    return port
  }
  const write = (values: Named): void => {
    const checked = Object.entries(values).map(([name, data]): readonly [Port, Numbers] => {
      const port = find(name)
      if (data.length !== sizeOf(port.buffer))
        throw new RangeError(
          `wasm: input ${name} takes ${sizeOf(port.buffer)} numbers [${port.shape.join(', ')}], not ${data.length}`,
        )
      return [port, data]
    })
    for (const [port, data] of checked) view(port.buffer, data.length).set(data)
  }
  const copy = (ports: readonly Port[]): Named =>
    Object.fromEntries(ports.map((p) => [p.name, view(p.buffer, sizeOf(p.buffer)).slice()]))

  /** Every thread's clocks, one a call. */
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

  // runs of one executable follow one another, whatever the caller does
  let last: Promise<unknown> = Promise.resolve()
  let disposed = false
  const inTurn = <T>(act: () => Promise<T> | T): Promise<T> => {
    const next = last.then(() => {
      if (disposed) throw new Error('wasm: the executable has been disposed of')
      return act()
    })
    last = next.catch(() => undefined)
    return next
  }
  return {
    write: (values) => inTurn(() => write(values)),
    run: (feeds) =>
      inTurn(async () => {
        write(feeds)
        new Int32Array(memory.buffer, made.counters, made.stages).fill(0)
        await pool.run()
        return copy(plan.outputs)
      }),
    read: (wanted) => inTurn(() => copy(wanted.map(find))),
    profile: () => inTurn(() => (profile ? takeTimes() : [])),
    description: describe(choice, threads),
    bytes: memory.buffer.byteLength,
    dispose: () =>
      inTurn(async () => {
        disposed = true
        await pool.stop()
      }),
  }
}

/**
 * `kernel` names the form to compute with (see `forms`), instead of the fastest that the engine computes correctly.
 * A name that is not known, and a form that cannot be had here, make `compile` fail with a `Refusal`.
 */
export const wasmBackend = ({ kernel }: { readonly kernel?: string | undefined } = {}): Backend => ({
  name: 'wasm',
  precision: 'f32',
  limits: async (threads) => limits((await chosen(kernel)).form, threads),
  compile: (plan, options = {}) => compile(kernel, plan, options),
})
