/** Threads that die: callers learn which one and why, the others are stopped, and nothing runs afterwards. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import t from 'tap'
import { assemble } from '../../../backends/wasm/assemble.ts'
import { host } from '../../../backends/wasm/host.ts'
import { wasm } from '../../../backends/wasm/index.ts'
import { sharedMemory, startThreads, type Threads } from '../../../backends/wasm/runtime.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { BackendLost } from '../../../src/plan/errors.ts'
import { input, tanh } from '../../../src/tensor/ops.ts'

/** Every thread of this process, and the end of each. */
const workers: Worker[] = []
const ends: Promise<unknown>[] = []
process.on('worker', (worker: Worker) => {
  workers.push(worker)
  ends.push(new Promise((resolve) => worker.on('exit', resolve)))
})

/** Turns a hanging promise into a named failure. */
const settled = async <T>(what: string, promise: Promise<T>): Promise<T> => {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what} hangs`)), 30_000)
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
const errorOf = (what: string, promise: Promise<unknown>): Promise<unknown> =>
  settled(
    what,
    promise.then(
      () => null,
      (error: unknown) => error,
    ),
  )

const spinning = '(loop $l (br $l))'
const sleeping = '(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))'

/** Three threads; the second does what it is told, the others what they do at a barrier that it never reaches. */
const three = async (second: string, others: string): Promise<Threads> => {
  const memory = sharedMemory('a test', 65536)
  const module = await host.compile(
    await assemble(`(module (import "host" "memory" (memory 1 65536 shared))
      (func (export "run") (param $s i32) (param i32)
        (if (i32.eq (local.get $s) (i32.const 1)) (then ${second}) (else ${others}))))`),
    false,
  )
  return startThreads([0, 1, 2].map((scratch) => ({ module, memory, scratch, clocks: 0 })))
}

const trap = '(drop (i32.load (i32.const 1000000000)))'
for (const [how, second, why] of [
  ['is unreachable', 'unreachable', /^unreachable$/],
  ['reads out of bounds', trap, /out of bounds/],
] as const)
  for (const [where, others] of [
    ['spin', spinning],
    ['sleep', sleeping],
  ] as const)
    t.test(`a thread that ${how} while others ${where}`, async (t) => {
      const pool = await three(second, others)
      const error = await errorOf('the run', pool.run())
      t.ok(error instanceof BackendLost)
      t.match(error, { what: 'compute thread 2 of 3', why })
      t.match(String(error), /^BackendLost: wasm: compute thread 2 of 3 was lost: .+/)
      await settled('the end of the threads', Promise.all(ends))
      t.equal(await errorOf('the next run', pool.run()), error)
      await settled('stopping', pool.stop())
    })

t.test('a thread that is terminated in a run', async (t) => {
  const from = workers.length
  const pool = await three(spinning, sleeping)
  const running = errorOf('the run', pool.run())
  setTimeout(() => void workers[from + 1]?.terminate(), 20)
  t.match(await running, { name: 'BackendLost', what: 'compute thread 2 of 3', why: 'it ended with exit code 1' })
  await settled('the end of the threads', Promise.all(ends))
})

t.test('a thread that cannot start', async (t) => {
  const memory = sharedMemory('a test', 65536)
  const module = await host.compile(await assemble('(module (import "no" "where" (func)))'), false)
  t.match(await errorOf('starting', startThreads([{ module, memory, scratch: 0, clocks: 0 }])), {
    name: 'BackendLost',
    what: 'compute thread 1 of 1',
    why: /import/i,
  })
  await settled('the end of the threads', Promise.all(ends))
})

const plan = planOf({ outputs: { y: tanh(input('x', [3])) }, state: {} })
const feeds = { x: Float32Array.of(1, 2, 3) }

t.test('an executable with a thread that ended between two runs', async (t) => {
  const from = workers.length
  const executable = await wasm.compile(plan, { threads: 2 })
  await executable.run(feeds)
  await workers[from]?.terminate()
  const error = await errorOf('the run', executable.run(feeds))
  t.match(error, { name: 'BackendLost', what: 'compute thread 1 of 2' })
  t.equal(await errorOf('the next run', executable.run(feeds)), error)
  t.equal(await errorOf('reading', executable.read(['x'])), error, 'what it holds may be half of a run')
  await settled('disposing', executable.dispose())
  await settled('the end of the threads', Promise.all(ends))
})

for (const [how, why] of [
  ['exits', 'it ended with exit code 7'],
  ['fills its heap', /memory limit/],
] as const)
  t.test(`a thread that ${how} in a run; the process ends by itself`, async (t) => {
    const folder = import.meta.dirname
    const flags = ['--max-old-space-size=64', '--import', join(folder, 'dying.ts')]
    const { NODE_OPTIONS: _, ...env } = process.env
    const out = await new Promise<string>((resolve) =>
      execFile(
        process.execPath,
        [...flags, join(folder, 'survivor.ts')],
        { env: { ...env, DYING: how } },
        (error, out) => resolve(error === null ? out : `${error.message} ${out}`),
      ),
    )
    t.match(JSON.parse(out), { name: 'BackendLost', what: 'compute thread 2 of 3', why, again: true })
  })

t.test('invalid thread counts are refused at once', async (t) => {
  const from = workers.length
  for (const threads of [0, -1, 1.5, Number.NaN, 1000, Number.POSITIVE_INFINITY])
    await t.rejects(wasm.compile(plan, { threads }), {
      name: 'Refusal',
      message: new RegExp(`^wasm: ${threads} threads were asked for: expected a whole number from 1 to \\d+$`),
    })
  t.equal(workers.length, from)
})
