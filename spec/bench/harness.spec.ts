/** The benchmark harness: medians, alternation, and missing peers. No times are tested. */
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { alternate, type Contestant, each, median } from '../../bench/harness.ts'

const contestant = (by: string, log: string[], threads = 1): Contestant => ({
  by,
  threads,
  start: async () => {
    log.push(`start ${by}`)
    return E.right({
      steps: async (n) => {
        log.push(`${by} ${n}`)
        return Array.from({ length: n }, (_, i) => i + 1)
      },
      facts: { parameters: 3 },
      stop: async () => {
        log.push(`stop ${by}`)
      },
    })
  },
})
const rounds = { rounds: 2, steps: 2, warmup: 1 }
const never = (): void => {
  throw new Error('nobody is absent')
}

t.test('median: the middle value, or the mean of the two in the middle', async (t) => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.equal(median([7]), 7)
  t.ok(Number.isNaN(median([])))
  const xs = [2, 1]
  median(xs)
  t.same(xs, [2, 1], 'what it is given stays as it is')
})

t.test('each: one time per step', async (t) => {
  let done = 0
  const times = await each(3, async () => {
    done++
  })
  t.equal(done, 3)
  t.equal(times.length, 3)
  t.ok(times.every((ms) => ms >= 0))
})

t.test('alternate: all start, warm up and take turns; warm-up steps are not counted; all stop', async (t) => {
  const log: string[] = []
  const results = await alternate([contestant('ours', log), contestant('peer', log)], rounds, never)
  t.same(log, [
    ...['start ours', 'start peer'],
    ...['ours 1', 'peer 1'],
    ...['ours 2', 'peer 2', 'ours 2', 'peer 2'],
    ...['stop ours', 'stop peer'],
  ])
  t.same(
    results.map(({ times, facts }) => ({ times, facts })),
    [0, 1].map(() => ({ times: [1, 2, 1, 2], facts: { parameters: 3 } })),
  )
})

t.test('alternate: a contestant that cannot start is named and left out', async (t) => {
  const log: string[] = []
  const absent: string[] = []
  const missing: Contestant = { by: 'peer', threads: 1, start: async () => E.left('it is not installed') }
  const results = await alternate([missing, contestant('ours', log)], rounds, ({ by }, why) =>
    absent.push(`${by}: ${why}`),
  )
  t.same(absent, ['peer: it is not installed'])
  t.same(
    results.map((r) => r.contestant.by),
    ['ours'],
  )
})

t.test('alternate: what was started is stopped even if a step fails', async (t) => {
  const log: string[] = []
  const failing: Contestant = {
    by: 'failing',
    threads: 1,
    start: async () =>
      E.right({ steps: () => Promise.reject(new Error('no memory')), facts: {}, stop: async () => undefined }),
  }
  await t.rejects(alternate([contestant('ours', log), failing], rounds, never), { message: 'no memory' })
  t.equal(log.at(-1), 'stop ours')
})
