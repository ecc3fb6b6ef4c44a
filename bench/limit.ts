/**
 * The machine's limit: multiply-adds in registers, as many independent sums as the microkernel has, nothing to load.
 * In the kernel form that the engine of this machine is given, on one thread and on several together.
 */
import { Worker } from 'node:worker_threads'
import { assemble } from '../backends/wasm/assemble.ts'
import { bestForm, withFlags } from '../backends/wasm/features.ts'
import type { Form } from '../backends/wasm/microkernel.ts'
import { func, get, loopWhile, set } from '../backends/wasm/wat.ts'
import type { Limit } from './line.ts'

/** Vectors of four that are summed into: twelve pairs where pairs are widened. */
const sumsOf = (form: Form): number => (form.width === 16 ? 24 : 12)

const text = (form: Form): string =>
  func(
    '$loop',
    ['$n'],
    (body) => {
      const scale = body.let('v128', `(v128.load32_splat ${get('$n')})`)
      const [x, y] = [
        body.let('v128', `(v128.load ${get('$n')})`),
        body.let('v128', `(v128.load offset=16 ${get('$n')})`),
      ]
      const sums = Array.from({ length: sumsOf(form) }, () => body.local('v128'))
      loopWhile(body, get('$n'), () => {
        sums.forEach((sum, i) => {
          body.line(set(sum, form.madd(scale, i % 2 === 0 ? x : y, get(sum))))
        })
        body.line(set('$n', `(i32.sub ${get('$n')} (i32.const 1))`))
      })
      // pairs of adjacent stores are what the engine widens; each has a base of its own
      sums.forEach((sum, i) => {
        if (i % 2 === 0) body.line(set('$n', `(i32.add (i32.const ${32 * i}) (i32.const 64))`))
        body.line(`(v128.store offset=${(i % 2) * 16} ${get('$n')} ${get(sum)})`)
      })
    },
    { export: 'loop' },
  )

/** What a thread of the measurement is given; it answers with milliseconds of each round. */
export interface LimitWork {
  readonly module: WebAssembly.Module
  readonly turns: number
  readonly rounds: number
  /** Each thread counts itself in here before a round, and all start together. */
  readonly gate: Int32Array
  readonly threads: number
}

const together = async (module: WebAssembly.Module, turns: number, rounds: number, threads: number) => {
  const gate = new Int32Array(new SharedArrayBuffer(4 * rounds))
  const workerData: LimitWork = { module, turns, rounds, gate, threads }
  return Promise.all(
    Array.from({ length: threads }, async (): Promise<readonly number[]> => {
      const worker = new Worker(new URL('./limitWorker.ts', import.meta.url), { workerData })
      return new Promise((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      })
    }),
  )
}

/** GFLOPS of all threads together, the best of several rounds. */
export const limit = async (workload: string, threads: number, smoke: boolean): Promise<Limit> => {
  const form = await bestForm()
  const binary = await assemble(`(module (memory 100) ${text(form)})`)
  const module = withFlags(form, () => new WebAssembly.Module(binary))
  const [turns, rounds] = smoke ? [100_000, 3] : [3_000_000, 9]
  const times = await together(module, turns, rounds, threads)
  const flop = turns * sumsOf(form) * 8
  const rates = Array.from({ length: rounds }, (_, i) =>
    times.reduce((sum, each) => sum + flop / (each[i] ?? Number.NaN) / 1e6, 0),
  )
  return { kind: 'limit', workload, form: form.name, threads, gflops: Math.max(...rates) }
}
