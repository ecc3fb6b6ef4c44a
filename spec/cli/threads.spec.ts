/** How many threads compute: never more than there are processors, and a notice where that is not what was asked for. */
import t from 'tap'
import { threadsOf } from '../../src/cli/threads.ts'

t.test('as many as asked for, up to the processors; one a processor where nobody asks', async (t) => {
  t.strictSame(threadsOf(null, 4), { threads: 4, notice: null })
  t.strictSame(threadsOf(1, 4), { threads: 1, notice: null })
  t.strictSame(threadsOf(4, 4), { threads: 4, notice: null })
  t.strictSame(threadsOf(64, 2), {
    threads: 2,
    notice: '64 threads on 2 processors: more threads than processors only slow it down, so 2 compute',
  })
  t.strictSame(threadsOf(2, 1), {
    threads: 1,
    notice: '2 threads on 1 processor: more threads than processors only slow it down, so 1 computes',
  })
})
