/**
 * A compute thread's work, however it is started: instantiates the plan's module over the shared memory and runs the whole
 * plan on every request. There is no JavaScript between kernels.
 */
import type { Job } from './hostPort.ts'

/** Runs the plan once. */
export const computation = ({ module, memory, scratch, clocks }: Job): (() => void) => {
  const { exports } = new WebAssembly.Instance(module, { host: { memory, now: () => performance.now() } })
  const { run } = exports
  if (typeof run !== 'function') throw new Error('wasm worker: the module has no function run')
  return () => run(scratch, clocks)
}
