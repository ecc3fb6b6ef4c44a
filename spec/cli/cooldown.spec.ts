/** The end of a run: its learning rate falls to 0, and a longer run is the one that never ended there. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { must } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { type Environment, train } from '../../src/cli/train.ts'
import { verify } from '../../src/cli/verify.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { checkpoint, refusal } from './runs.ts'
import { config, often, quiet } from './tiny.ts'

const rates = (out: string): readonly number[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).learningRate)
    .filter((rate) => rate !== null)

const tensors = async (out: string, step: number) => [...(await must(load(checkpoint(out, step)))).tensors]

const cooled = (folder: string): string => {
  const path = often(folder)
  const settings = JSON.parse(readFileSync(path, 'utf8'))
  const training = { ...settings.training, warmup_images: 0, learning_rate: 1, cooldown: 0.3 }
  writeFileSync(path, JSON.stringify({ ...settings, training }))
  return path
}

/** Stops the run, as Ctrl-C does, after it has shown this step. */
const stoppingAt = (step: number): Environment & { readonly said: string[] } => {
  const environment = quiet()
  const show = (reading: { readonly step: number }): void => {
    if (reading.step === step) process.emit('SIGINT', 'SIGINT')
  }
  return { ...environment, progress: { ...environment.progress, show } }
}

t.test('the end of a run, stopped in it, and prolonged', async (t) => {
  const folder = t.testdir()
  const inside = (name: string): string => join(folder, name)
  const [path, out, stopped, whole] = [cooled(folder), inside('run'), inside('stopped'), inside('whole')]
  const environment = quiet()
  await train({ config: path, steps: 10, out }, environment)
  const [found, expected] = [rates(out), [...Array(7).fill(1), 2 / 3, 1 / 3, 0]]
  t.ok(found.length === 10 && found.every((rate, i) => Math.abs(rate - expected[i]) < 1e-12), `the rate is ${found}`)
  t.ok(environment.said.includes('cooldown: the learning rate falls to 0 from 28 to 40 images'))
  t.strictSame(
    readdirSync(join(out, 'checkpoints')).sort(),
    [10, 7, 8, 9].map((n) => `step-${n}.safetensors`).sort(),
    'the newest three, and the one before the cooldown',
  )
  t.match(await refusal(train({ resume: out }, quiet())), 'run is complete: step 10 of 10;')
  t.match(await refusal(train({ resume: out, steps: 9 }, quiet())), 'run is complete: step 10 of 9;')

  await train({ config: path, steps: 10, out: stopped }, stoppingAt(8))
  t.equal(rates(stopped).length, 8)
  await train({ resume: stopped }, quiet())
  t.strictSame(await tensors(stopped, 10), await tensors(out, 10), 'stopped in its cooldown: bit for bit')

  await train({ config: path, steps: 20, out: whole }, quiet())
  const longer = stoppingAt(8)
  await train({ resume: out, steps: 20 }, longer)
  t.ok(longer.said.some((line) => line.startsWith('the run continues from step 7, before its cooldown;')))
  t.strictSame(rates(out), Array(8).fill(1), 'the rows of the end are gone')
  const said: string[] = []
  await sample({ run: out, count: 1, steps: 1 }, (line) => said.push(line))
  t.match(said.at(-1), 'from step 10', 'the end is sampled until there is a newer one')
  await train({ resume: out, steps: 20 }, quiet())
  t.strictSame(await tensors(out, 20), await tensors(whole, 20), 'the run that never ended at step 10')
  t.strictSame(rates(out), rates(whole))
  t.ok(await verify(out, () => undefined))
})

t.test('a schedule that falls to 0 by itself has no cooldown beside it', async (t) => {
  const folder = t.testdir()
  const path = config(folder, { schedule: 'linear', schedule_images: 2000, cooldown: 0.3 })
  t.match(
    await refusal(train({ config: path, out: join(folder, 'run') }, quiet())),
    'tiny.yaml: training: cooldown is 0.3: expected 0, because the schedule "linear" falls to 0 by itself',
  )
})
