/** The short form of `npm run campaign -- soak`. */
import { existsSync } from 'node:fs'
import t from 'tap'
import { growth, isFlat, type Sample, soak } from './campaign/soak.ts'

const steps = 1500

t.test(
  `over ${steps} steps resident memory, open files and threads stay flat`,
  {
    skip: !existsSync('/proc/self/status') && 'there is no /proc here',
  },
  async (t) => {
    const { samples, code } = await soak(t.testdir(), steps, () => undefined)
    const seen = growth(samples, steps)
    t.equal(code, 0)
    t.ok(isFlat(seen), JSON.stringify(seen))
  },
)

t.test('a leak is seen: of memory, of files, of threads', async (t) => {
  const at = (step: number, change: Partial<Sample> = {}): Sample => ({
    step,
    resident: 1e8,
    files: 20,
    threads: 9,
    ...change,
  })
  t.ok(isFlat({ early: at(300), late: at(900, { resident: 1.05e8 }) }))
  t.notOk(isFlat({ early: at(300), late: at(900, { resident: 1.2e8 }) }))
  t.notOk(isFlat({ early: at(300), late: at(900, { files: 21 }) }))
  t.notOk(isFlat({ early: at(300), late: at(900, { threads: 14 }) }))
  t.notOk(isFlat(growth([], 1000)), 'a run that was never looked at is not flat')
})
