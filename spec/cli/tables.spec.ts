/** What settings name is what runs: every value of the tables, with the numbers of its settings. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { mustBe } from '../../src/cli/errors.ts'
import { settingsOf } from '../../src/cli/settings.ts'
import { noisingOf, processOf, samplingOf } from '../../src/cli/tables.ts'
import { processes } from '../../src/diffusion/processes.ts'
import { samplers } from '../../src/diffusion/samplers.ts'
import { edmRange } from '../../src/diffusion/schedule.ts'
import { schedules } from '../../src/diffusion/schedules.ts'
import { key, normal } from '../../src/random/key.ts'

const settings = (training: object, sampling: object = {}) => mustBe(settingsOf({ training, sampling }, {}))

t.test('without a word of them, settings mean EDM and Heun', async (t) => {
  const { training, sampling } = settings({})
  t.match({ ...training, ...sampling }, { process: 'edm', noise: 'lognormal', sampler: 'heun', schedule: 'karras' })
})

t.test('processes have the standard deviation of the settings', async (t) => {
  for (const [name, of] of Object.entries(processes)) {
    const found = processOf(settings({ process: name, sigma_data: 0.7 }).training)
    t.equal(found.name, name)
    t.strictSame(found.target(0.3), of(0.7).target(0.3))
  }
})

t.test('noise levels have the mean and the standard deviation of the settings, and labels their dropout', async (t) => {
  const { distribution, labelDropout } = noisingOf(
    settings({ noise: 'lognormal', sigma_mean: -2, sigma_std: 0.5, label_dropout: 0.25 }).training,
  )
  const [z = Number.NaN] = normal(key(3), 1)
  t.equal(distribution.draw(key(3)), Math.exp(-2 + 0.5 * z))
  t.equal(labelDropout, 0.25)
})

t.test('every sampler and every schedule, with the steps and the guidance of the settings', async (t) => {
  for (const [sampler, value] of Object.entries(samplers))
    for (const [schedule, { levels }] of Object.entries(schedules)) {
      const found = samplingOf(settings({}, { sampler, schedule, steps: 5, guidance: 1.5 }).sampling)
      t.strictSame(found, { sampler: value, levels: levels(5, edmRange), guidance: 1.5 })
    }
})

t.test('a name that no table has is an error with the names, or with the one that was meant', async (t) => {
  const left = (section: string, field: string, value: string) => settingsOf({ [section]: { [field]: value } }, {})
  t.strictSame(left('sampling', 'sampler', 'hein'), E.left('sampling.sampler is "hein": did you mean "heun"?'))
  t.strictSame(left('training', 'process', 'flow'), E.left('training.process is "flow": expected one of edm'))
})
