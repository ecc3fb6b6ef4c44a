/** One thread of the measurement of the limit (limit.ts): waits for the others, runs the loop, says how long it took. */
import { parentPort, workerData } from 'node:worker_threads'
import type { LimitWork } from './limit.ts'

const { module, turns, rounds, gate, threads }: LimitWork = workerData
const { loop } = new WebAssembly.Instance(module).exports
if (typeof loop !== 'function') throw new Error('limit: the module exports no loop')

const meet = (round: number): void => {
  Atomics.add(gate, round, 1)
  while (Atomics.load(gate, round) < threads);
}

loop(turns)
const times = Array.from({ length: rounds }, (_, i) => {
  meet(i)
  const start = performance.now()
  loop(turns)
  return performance.now() - start
})
parentPort?.postMessage(times)
