/** `sample`: every option changes what it should, and nothing else. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mustBe } from '../../src/cli/errors.ts'
import { type Pictures, picturesOf } from '../../src/cli/pictures.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import type { SamplingReading } from '../../src/cli/samplingProgress.ts'
import type { SampleOptions } from '../../src/cli/settings/options.ts'
import { readRunToSample } from '../../src/cli/settings/settings.ts'
import { train } from '../../src/cli/train.ts'
import { constantGuidance } from '../../src/diffusion/guidance/constantGuidance.ts'
import { powerCosine } from '../../src/diffusion/guidance/powerCosine.ts'
import { ddim } from '../../src/diffusion/sampler/ddim.ts'
import { heun } from '../../src/diffusion/sampler/heun.ts'
import { karras } from '../../src/diffusion/schedule/karras.ts'
import { edmRange } from '../../src/diffusion/schedule/schedule.ts'
import { whenOpened } from '../io/failing.ts'
import { config, often, quiet } from './tiny.ts'

/** A config.yaml: seed 0, 18 steps, guidance 2. */
const ran = readFileSync('spec/fixtures/run-before.yaml', 'utf8')
const pictures = (o: Omit<SampleOptions, 'run'>): Pictures => {
  const given = { run: 'r', ...o }
  return picturesOf(given, mustBe(readRunToSample(ran.replace('seed: 0', 'seed: 3'), given)))
}

t.test('sampling settings come from the run unless options override them', async (t) => {
  const usual: Pictures = {
    seed: 3,
    which: 'all',
    columns: 8,
    every: 1,
    sampling: {
      sampler: heun(),
      levels: karras.levels(18, edmRange),
      guidance: 2,
      guidanceSchedule: constantGuidance,
      guidanceChannels: 'all' as const,
    },
  }
  const named = ({ sampling, ...p }: Pictures) => ({ ...p, sampling: { ...sampling, sampler: sampling.sampler.name } })
  t.strictSame(named(pictures({})), named(usual))
  t.strictSame(named(pictures({ seed: 5 })), named({ ...usual, seed: 5 }))
  t.strictSame(named(pictures({ seed: 0 })), named({ ...usual, seed: 0 }))
  t.strictSame(named(pictures({ class: 'Flags' })), named({ ...usual, which: 'Flags' }))
  t.strictSame(named(pictures({ count: 2 })), named({ ...usual, columns: 2 }))
  t.strictSame(
    named(pictures({ steps: 4 })),
    named({ ...usual, sampling: { ...usual.sampling, levels: karras.levels(4, edmRange) } }),
  )
  t.strictSame(named(pictures({ guidance: 0 })), named({ ...usual, sampling: { ...usual.sampling, guidance: 0 } }))
  const { guidanceSchedule } = pictures({ guidanceSchedule: 'interval', guidanceInterval: '0.2,5' }).sampling
  t.strictSame(
    [0.2, 5, 6].map((sigma) => guidanceSchedule?.scale(3, { sigma, left: 0.5 })),
    [1, 3, 1],
  )
  const late = pictures({ guidanceSchedule: 'power_cosine', guidancePower: 2 }).sampling.guidanceSchedule
  const at = { sigma: 1, left: 0.5 }
  t.equal(late?.scale(3, at), powerCosine(2).scale(3, at))
  t.equal(pictures({ guidanceChannels: 'three' }).sampling.guidanceChannels, 'three')
  t.strictSame(
    named(pictures({ sampler: 'ddim' })),
    named({ ...usual, sampling: { ...usual.sampling, sampler: ddim() } }),
  )
})

t.test('the image depends on seed and guidance, and is reproducible', async (t) => {
  const folder = t.testdir()
  const run = join(folder, 'run')
  // fast enough that the averages tell classes apart
  const path = config(folder, { learning_rate: 0.05, warmup_images: 0, ema_half_life: 1 })
  await train({ config: path, backend: 'wasm', steps: 8, out: run }, quiet())
  const drawn = async (o: Omit<SampleOptions, 'run' | 'out'>): Promise<string> => {
    const out = await sample({ run, out: join(folder, 'p.png'), count: 2, steps: 3, ...o }, () => undefined)
    return readFileSync(out, 'base64')
  }
  const usual = await drawn({ seed: 1, guidance: 1 })
  t.equal(await drawn({ seed: 1, guidance: 1 }), usual, 'the same')
  t.not(await drawn({ seed: 2, guidance: 1 }), usual, '--seed')
  t.not(await drawn({ seed: 1, guidance: 4 }), usual, '--guidance')
  const late = await drawn({ seed: 1, guidance: 4, guidanceSchedule: 'power_cosine' })
  t.notOk([usual, await drawn({ seed: 1, guidance: 4 })].includes(late), '--guidance-schedule')
  t.not(await drawn({ seed: 1, guidance: 1, steps: 4 }), usual, '--steps')
  const euler = await drawn({ seed: 1, guidance: 1, sampler: 'euler' })
  t.not(euler, usual, '--sampler')
  t.not(await drawn({ seed: 1, guidance: 1, sampler: 'ddim', eta: 1 }), euler, '--eta')
  t.not(await drawn({ seed: 1, guidance: 1, count: 1 }), usual, '--count')
  t.not(await drawn({ seed: 1, guidance: 1, every: 3 }), usual, '--every')
  t.not(await drawn({ seed: 1, guidance: 1, class: 'Flags' }), usual, '--class')
})

t.test('a run that deletes the checkpoint about to be read: the newest one is sampled', async (t) => {
  const folder = t.testdir()
  const run = join(folder, 'run')
  const record = join(run, 'run.json')
  await train({ config: often(folder), steps: 3, out: run }, quiet())
  const before = readFileSync(record)
  await train({ resume: run, steps: 6 }, quiet())
  const after = readFileSync(record)
  writeFileSync(record, before)
  const meanwhile = whenOpened(join(run, 'checkpoints', 'step-3.safetensors'), () => writeFileSync(record, after))
  const said: string[] = []
  const shown: SamplingReading[] = []
  let stopped = false
  const stop = (): void => {
    stopped = true
  }
  await sample({ run, count: 1, steps: 2 }, (line) => said.push(line), { show: (reading) => shown.push(reading), stop })
  meanwhile.restore()
  t.match(said, [/: 9 images from step 6, /])
  t.strictSame(
    shown.map(({ step, steps, images }) => ({ step, steps, images })),
    [1, 2].map((step) => ({ step, steps: 2, images: 9 })),
    'progress after each step',
  )
  t.ok(shown.every(({ seconds }) => seconds > 0) && stopped)
})
