/** The short form of `npm run campaign -- crash`: a few of the same trials, at fixed seeds. */
import t from 'tap'
import { crashPeace, crashTrial } from './campaign/crash.ts'

const seed = 1

t.test(`kill -9 at random moments changes nothing (seed ${seed})`, async (t) => {
  const peace = await crashPeace(t.testdir(), 12)
  for (let trial = 0; trial < 2; trial++) {
    const { ok, what } = await crashTrial(peace, seed, trial)
    t.ok(ok, what)
  }
})
