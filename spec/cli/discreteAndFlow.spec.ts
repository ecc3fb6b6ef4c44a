/** Runs of a discrete process with a learned variance and of rectified flow: they train, resume and sample; what does not fit. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { either as E } from 'fp-ts'
import t from 'tap'
import { must } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { decodeOptions } from '../../src/cli/settings/flags.ts'
import { readRunToEvaluate, readRunToSample, readSettings } from '../../src/cli/settings/settings.ts'
import { fewerSteps, noisingOf, processOf, samplingOf } from '../../src/cli/settings/tables.ts'
import { train } from '../../src/cli/train.ts'
import { sigmasOf } from '../../src/diffusion/process/betas/betaSchedule.ts'
import { sigmoidBetas } from '../../src/diffusion/process/betas/sigmoidBetas.ts'
import { samplePrediction } from '../../src/diffusion/process/prediction/samplePrediction.ts'
import { ddimSpacing } from '../../src/diffusion/schedule/ddimSpacing.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { checkpoint, refusal } from './runs.ts'
import { config, quiet } from './tiny.ts'

const fast = { learning_rate: 0.004, warmup_images: 16 }
const runs = {
  discrete: {
    training: { ...fast, process: 'discrete', beta_schedule: 'cosine', noise: 'timesteps', micro_batch: 2 },
    model: { learn_sigma: true },
    sampling: { sampler: 'ddim', spacing: 'trailing' },
    others: ['leading', 'linspace', 'adm', 'ddim', 'karras', 'exponential', 'even_time'],
  },
  flow: {
    training: { ...fast, process: 'flow', noise: 'logit_normal', sigma_mean: 0, weight: 'edm' },
    model: {},
    sampling: { sampler: 'euler', spacing: 'even_time' },
    others: ['karras'],
  },
} as const

const validations = (out: string): readonly number[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { validation } = JSON.parse(line)
      return typeof validation === 'number' ? [validation] : []
    })

for (const [name, { training, model, sampling, others }] of Object.entries(runs))
  t.test(
    `${name}: the loss falls, a resumed run is the run that never stopped, bit for bit, and it samples`,
    async (t) => {
      const folder = t.testdir()
      const path = config(folder, training, model)
      const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')]
      await train({ config: path, steps: 24, out: whole }, quiet())
      const found = validations(whole)
      const [first = Number.NaN, last = Number.NaN] = [found[0], found.at(-1)]
      t.ok(last < 0.95 * first, `${first} to ${last}`)
      await train({ config: path, steps: 10, out: parts }, quiet())
      await train({ resume: parts, steps: 24 }, quiet())
      const [one, two] = [await must(load(checkpoint(whole, 24))), await must(load(checkpoint(parts, 24)))]
      t.strictSame(two.tensors, one.tensors)
      t.ok(existsSync(await sample({ run: parts, count: 1, steps: 3, ...sampling }, () => undefined)))
      for (const spacing of others) {
        const text = readFileSync(join(parts, 'config.yaml'), 'utf8')
        t.match(readRunToSample(text, { run: parts, spacing, steps: 4 }), {
          right: { sampling: { schedule: spacing } },
        })
        t.match(readRunToEvaluate(text, { run: parts, spacing, steps: 4 }), {
          right: { sampling: { schedule: spacing } },
        })
      }
    },
  )

t.test(
  'settings name the process, its noise and its levels; a smaller picture takes the most steps that there are',
  async (t) => {
    const found = readSettings(
      JSON.stringify({
        training: {
          process: 'discrete',
          beta_schedule: 'sigmoid',
          timesteps: 100,
          prediction: 'sample',
          noise: 'timesteps',
        },
        sampling: { schedule: 'ddim', steps: 50 },
      }),
      {},
    )
    if (E.isLeft(found)) throw new Error(found.left)
    const { training, sampling } = found.right
    const process = processOf(training)
    t.strictSame(process.range.timesteps, sigmasOf(sigmoidBetas.betas(100)))
    t.strictSame(process.target(1), samplePrediction.target(1))
    t.equal(noisingOf(training).distribution.name, 'timesteps')
    t.strictSame(samplingOf(sampling, process).levels, ddimSpacing.levels(50, process.range))
    // a whole stride gives 34 of 100 timesteps, not 35 to 49
    t.equal(fewerSteps(sampling, process, 49), 34)
    t.equal(fewerSteps(sampling, process, 50), 50)
    t.equal(fewerSteps(sampling, process, 1), 1)
  },
)

t.test('--spacing is a flag of sample and of evaluate', async (t) => {
  for (const command of ['sample', 'evaluate'] as const) {
    t.ok(E.isRight(decodeOptions(command, { run: 'x', spacing: 'trailing' })))
    t.match(decodeOptions(command, { run: 'x', spacing: 'trailling' }), { left: /did you mean "trailing"/ })
  }
})

t.test('what does not fit is one sentence that names it', async (t) => {
  const refused = (file: object, why: string): void => {
    t.strictSame(readSettings(JSON.stringify(file), {}), E.left(why))
  }
  const other = 'expected to be left out, because the process is "flow", not "discrete"'
  refused(
    { training: { noise: 'timesteps' } },
    'training: noise is "timesteps": expected one that is drawn for any process, because the process is "edm", not "discrete"',
  )
  refused({ training: { process: 'flow', prediction: 'sample' } }, `training: prediction is "sample": ${other}`)
  refused({ training: { process: 'flow', timesteps: 50 } }, `training: timesteps is 50: ${other}`)
  refused({ training: { process: 'flow', beta_schedule: 'cosine' } }, `training: beta_schedule is "cosine": ${other}`)
  refused(
    { training: { process: 'discrete', timesteps: 1 } },
    'training: timesteps is 1: expected at least 2, the clean end and the noisy one',
  )
  refused(
    { sampling: { schedule: 'leading' } },
    'sampling.schedule is leading: the noise levels have no timesteps, expected those of a discrete process',
  )
  refused(
    { training: { process: 'discrete', timesteps: 10 }, sampling: { schedule: 'trailing', steps: 11 } },
    'sampling.schedule is trailing: 11 steps of 10 timesteps, expected at most as many',
  )
  const folder = t.testdir()
  const path = config(folder, { process: 'discrete' }, { learn_sigma: true })
  t.equal(
    await refusal(train({ config: path, steps: 1, out: join(folder, 'run') }, quiet())),
    'the model learns the variance (learn_sigma), but training.process is "discrete" and training.noise is "lognormal": expected process "discrete" and noise "timesteps"',
  )
})
