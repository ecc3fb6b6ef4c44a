/** Runs that are complete, and schedules that end: what resuming them says. */
import { join } from 'node:path'
import t from 'tap'
import { must, mustBe } from '../../../src/cli/errors.ts'
import { completed } from '../../../src/cli/run/completed.ts'
import { settingsOf } from '../../../src/cli/settings/settings.ts'
import { train } from '../../../src/cli/train.ts'
import { load } from '../../../src/io/safetensorsFile.ts'
import { steps } from '../processes.ts'
import { checkpoint, refusal } from '../runs.ts'
import { config, often, quiet } from '../tiny.ts'

const usual = mustBe(settingsOf(null, {}))
const about = {
  step: 6,
  images: 96,
  seconds: 100,
  gridSeconds: 0,
  autoencoder: null,
  key: '',
  model: usual.model,
  fingerprint: '',
  classes: [],
  fixed: null,
  done: null,
  cooldown: null,
}
const said = (length: { steps: number | null; minutes: number | null }, more: Partial<typeof about> | object = {}) =>
  completed({ folder: 'runs/a', settings: { ...usual, length }, asked: {} }, { ...about, ...more })

t.test('a complete run says that it is, and how to go on', async (t) => {
  t.equal(
    said({ steps: 6, minutes: null }),
    'runs/a is complete: step 6 of 6; to go on for half an hour: npm run train -- --resume runs/a --minutes 30 (or give --steps, more than 6)',
  )
  t.equal(
    said({ steps: null, minutes: 100 / 60 }),
    'runs/a is complete: it has run for its 1.67 minutes; to go on for half an hour: npm run train -- --resume runs/a --minutes 30',
  )
  t.equal(said({ steps: 7, minutes: 2 }), null)
})

t.test('a run of some minutes that ended a little before them is complete; with more minutes it is not', async (t) => {
  const length = { steps: null, minutes: 2 }
  t.equal(said(length), null, 'it was stopped')
  t.match(said(length, { done: length }), 'runs/a is complete: it has run for its 2 minutes')
  t.equal(said({ steps: null, minutes: 3 }, { done: length }), null)
})

t.test('a run of minutes is resumed only with more of them', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: config(folder), minutes: 0.01, out }, quiet())
  t.match(await refusal(train({ resume: out }, quiet())), 'is complete: it has run for its 0.01 minutes')
  t.strictSame(steps(out), [0, 1])
  await train({ resume: out, minutes: 0.02 }, quiet())
  t.strictSame(steps(out), [0, 1, 2])
})

t.test('the checkpoint that ends a run says the length that it completed, those on the way do not', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: often(folder), steps: 2, out }, quiet())
  const done = async (step: number) => (await must(load(checkpoint(out, step)))).metadata.done
  t.equal(await done(1), undefined)
  t.equal(await done(2), '{"steps":2,"minutes":null}')
})

t.test('a run ends with its schedule, and cannot be prolonged beyond it', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const path = config(folder, { warmup_images: 4, schedule: 'linear', schedule_images: 10 })
  await train({ config: path, steps: 2, out }, quiet())
  const why = 'the learning rate is 0 from there on, so the run cannot go on; for a longer one, start a new run: '
  const other = `npm run train -- --config ${out}/config.yaml --schedule-images 20`
  t.equal(
    await refusal(train({ resume: out, steps: 4 }, quiet())),
    `--steps is 4: expected at most 3, where the schedule "linear" ends at 10 images; ${why}${other}`,
  )
  await train({ resume: out, minutes: 10 }, quiet())
  t.strictSame(steps(out), [0, 1, 2, 3], 'the step in which the schedule ends is the last')
  for (const length of [{}, { steps: 9 }, { minutes: 5 }])
    t.equal(
      await refusal(train({ resume: out, ...length }, quiet())),
      `${out} is complete: its schedule "linear" ended at 10 images; ${why}${other}`,
    )
})
