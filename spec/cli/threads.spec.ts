/** The number of compute threads: never more than processors, with a notice if more were requested. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { sample } from '../../src/cli/sample/sample.ts'
import { threadsOf } from '../../src/cli/threads.ts'
import { train } from '../../src/cli/train.ts'
import { config, quiet } from './tiny.ts'

t.test('the requested number, up to the processors; by default one per processor', async (t) => {
  t.strictSame(threadsOf(null, 4), { threads: 4, notice: null })
  t.strictSame(threadsOf(1, 4), { threads: 1, notice: null })
  t.strictSame(threadsOf(4, 4), { threads: 4, notice: null })
  t.strictSame(threadsOf(64, 2), {
    threads: 2,
    notice: '64 threads on 2 processors: more threads than processors would be slower, so 2 are used',
  })
  t.strictSame(threadsOf(2, 1), {
    threads: 1,
    notice: '2 threads on 1 processor: more threads than processors would be slower, so 1 is used',
  })
})

t.test('train and sample report a request for more threads than processors', async (t) => {
  const folder = t.testdir()
  const threads = availableParallelism() + 1
  const { notice } = threadsOf(threads, availableParallelism())
  const env = quiet()
  const run = join(folder, 'run')
  await train({ config: config(folder), backend: 'wasm', steps: 1, threads, out: run }, env)
  t.ok(notice !== null && env.said.includes(notice), 'train')
  const said: string[] = []
  await sample({ run, count: 1, steps: 1, threads }, (line) => said.push(line))
  t.ok(notice !== null && said.includes(notice), 'sample')
})
