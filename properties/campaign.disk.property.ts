/** The short form of `npm run campaign -- disk`: a few of the same trials. */
import t from 'tap'
import { diskFaults, diskPeace, diskTrial, limitTrial, tmpfsTrial } from './campaign/disk.ts'

t.test('failing writes, syncs and renames, once or permanently, lose no checkpoint', async (t) => {
  const peace = await diskPeace(t.testdir())
  for (const fault of diskFaults(peace, 4)) {
    const { ok, what } = await diskTrial(peace, fault)
    t.ok(ok, what)
  }
  const limited = await limitTrial(peace, 100)
  t.ok(limited.ok, limited.what)
  const small = await tmpfsTrial(peace, 700)
  t.ok(small === null || small.ok, small === null ? 'no tmpfs can be mounted here: left out' : small.what)
})
