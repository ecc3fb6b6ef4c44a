/**
 * A compute thread: instantiates the plan's module over the shared memory and runs the whole plan each time it is told
 * to. There is no JavaScript between kernels.
 */
import { parentPort, workerData } from 'node:worker_threads'

export interface Job {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly scratch: number
  readonly clocks: number
}

const job: Job = workerData
const { exports } = new WebAssembly.Instance(job.module, {
  host: { memory: job.memory, now: () => performance.now() },
})
const run = exports.run
if (parentPort === null || typeof run !== 'function') throw new Error('wasm worker: not started by the wasm backend')
const port = parentPort
port.on('message', () => {
  run(job.scratch, job.clocks)
  port.postMessage('done')
})
port.postMessage('ready')
