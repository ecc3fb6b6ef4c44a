/** The short form of `npm run campaign -- soak`. */
import { existsSync } from 'node:fs'
import t from 'tap'
import { growth, isFlat, type Sample, soak } from './campaign/soak.ts'

/** So many that the heap has its final size in the second fifth of them. */
const steps = 5000

t.test(
  `over ${steps} steps resident memory, open files and threads stay flat`,
  {
    skip: !existsSync('/proc/self/status') && 'there is no /proc here',
  },
  async (t) => {
    const { samples, code } = await soak(t.testdir(), steps, () => undefined)
    const seen = growth(samples)
    t.equal(code, 0)
    t.ok(isFlat(seen), JSON.stringify(seen))
  },
)

const at = (step: number, change: Partial<Sample> = {}): Sample => ({
  step,
  warm: true,
  resident: 1e8,
  files: 20,
  threads: 9,
  ...change,
})

t.test('leaks of memory, files and threads are detected', async (t) => {
  t.ok(isFlat({ early: at(300), late: at(900, { resident: 1.05e8 }) }))
  t.notOk(isFlat({ early: at(300), late: at(900, { resident: 1.2e8 }) }))
  t.notOk(isFlat({ early: at(300), late: at(900, { files: 21 }) }))
  t.notOk(isFlat({ early: at(300), late: at(900, { threads: 14 }) }))
  t.notOk(isFlat(growth([])), 'a run that was never looked at is not flat')
  const leaking = Array.from({ length: 100 }, (_, i) => at(i, { resident: 1e8 + 1e6 * i }))
  t.notOk(isFlat(growth(leaking)))
})

t.test('what the first checkpoint and the first image allocate is not a leak, whenever they come', async (t) => {
  for (const first of [10, 50, 90]) {
    const samples = Array.from({ length: 100 }, (_, i) =>
      i < first ? at(i, { warm: false, resident: 8e7, threads: 4 }) : at(i),
    )
    t.match(growth(samples), { early: { threads: 9 }, late: { threads: 9 } })
    t.ok(isFlat(growth(samples)), `after ${first} of 100`)
  }
  t.notOk(isFlat(growth([at(1, { warm: false }), at(2, { warm: false })])), 'a run that never drew is not flat')
})

t.test('a temporary allocation is not a leak', async (t) => {
  const writing = { resident: 1.3e8, files: 22, threads: 15 }
  const samples = Array.from({ length: 100 }, (_, i) => at(i, i > 50 && i % 4 > 0 ? writing : {}))
  t.ok(isFlat(growth(samples)))
})
