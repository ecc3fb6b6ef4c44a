/**
 * This machine's peak rates on a number of threads at once: register-only multiply-adds, and copying from memory to memory.
 * Measured, so it varies from run to run; it is for comparison only, and nothing is chosen by it.
 */
import type { Limits } from '../../src/plan/backend.ts'
import { assemble } from './assemble.ts'
import { compileFor } from './features.ts'
import type { Form } from './microkernel.ts'
import { sharedMemory, startThreads } from './runtime.ts'
import { add, bump, func, get, i32, repeat, set } from './wat.ts'

/** A loop for a thread, its work (operations or bytes), and the memory it needs from `$s` on. */
interface Load {
  readonly text: string
  readonly amount: number
  readonly bytes: number
}

const run = (write: Parameters<typeof func>[2]): string => func('$run', ['$s', '$clocks'], write, { export: 'run' })

/** As many accumulators as the microkernel has, and no loads. */
const multiplyAdds = ({ width, madd }: Form): Load => {
  const [vectors, turns] = [width === 16 ? 24 : 12, 6_000_000]
  const text = run((body) => {
    const [scale, x, y] = [0, 16, 32].map((at) => body.let('v128', `(v128.load offset=${at} ${get('$s')})`))
    const sums = Array.from({ length: vectors }, () => body.local('v128'))
    repeat(body, i32(turns), () => {
      sums.forEach((sum, i) => {
        body.line(set(sum, madd(scale ?? '', (i % 2 === 0 ? x : y) ?? '', get(sum))))
      })
    })
    // pairs of stores, each with its own base: the engine widens what feeds them
    sums.forEach((sum, i) => {
      if (i % 2 === 0) bump(body, '$s', i32(64))
      body.line(`(v128.store offset=${16 * (i % 2)} ${get('$s')} ${get(sum)})`)
    })
  })
  return { text, amount: 8 * vectors * turns, bytes: 64 * (vectors + 1) }
}

/** Too large for caches. */
const copied = 2 ** 25

const copying: Load = {
  text: run((body) => {
    const to = body.local('i32')
    body.line(set(to, add(get('$s'), i32(copied))))
    repeat(body, i32(copied / 32), () => {
      const values = [0, 16].map((at) => body.let('v128', `(v128.load offset=${at} ${get('$s')})`))
      values.forEach((value, i) => {
        body.line(`(v128.store offset=${16 * i} ${get(to)} ${value})`)
      })
      bump(body, '$s', i32(32))
      bump(body, to, i32(32))
    })
  }),
  amount: 2 * copied,
  bytes: 2 * copied,
}

/** The first of which runs with cold caches and clocks. */
const tries = 15

/** The best rate of a few trials, in 1e9 per second. */
const rate = async (load: Load, form: Form, threads: number): Promise<number> => {
  const binary = await assemble(`(module (import "host" "memory" (memory 1 65536 shared)) ${load.text})`)
  const module = await compileFor(form, binary)
  const bytes = load.bytes * threads
  const memory = sharedMemory('measuring', bytes)
  const jobs = Array.from({ length: threads }, (_, t) => ({ module, memory, scratch: t * load.bytes, clocks: 0 }))
  const pool = await startThreads(jobs)
  try {
    let best = 0
    for (let i = 0; i < tries; i++) {
      const start = performance.now()
      await pool.run()
      best = Math.max(best, (load.amount * threads) / (performance.now() - start) / 1e6)
    }
    return best
  } finally {
    await pool.stop()
  }
}

/** Takes under half a second; other work on the machine lowers the result. */
export const limits = async (form: Form, threads: number): Promise<Limits> => ({
  gflops: await rate(multiplyAdds(form), form, threads),
  gigabytes: await rate(copying, form, threads),
})
