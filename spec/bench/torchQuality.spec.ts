/**
 * PyTorch's side of time to quality trains as we do: three updates with Muon, AdamW, a warm-up, a rate that falls, a cooldown and
 * the average, from the same parameters, images, noise and levels (spec/fixtures/quality.py).
 */
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { heldMatrices } from '../../bench/quality/exported.ts'
import { modelOf } from '../../src/cli/model.ts'
import { denoisingTaskOf } from '../../src/cli/objectives/denoising.ts'
import { channelsLast, labelsOf, type Reference, reference, relativeError } from '../../src/cli/parity/reference.ts'
import { standard } from '../../src/cli/settings/options.ts'
import { readSettings } from '../../src/cli/settings/settings.ts'
import { processOf } from '../../src/cli/settings/tables.ts'
import { optimiserOf } from '../../src/cli/task.ts'
import { stepFeeds } from '../../src/diffusion/batch.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { compile } from '../../src/lower/compile.ts'
import { denoiserOf } from '../../src/models/models.ts'
import { encode } from '../../src/nn/spec.ts'
import type { Numbers } from '../../src/plan/backend.ts'
import { key } from '../../src/random/key.ts'
import { initialState, runOf } from '../../src/train/run.ts'
import { trainingStep } from '../../src/train/step.ts'

const right = <A>(either: E.Either<string, A>): A => {
  if (E.isLeft(either)) throw new Error(either.left)
  return either.right
}

const path = fileURLToPath(new URL('../fixtures/quality.safetensors', import.meta.url))
const file: Reference = right(reference(right(await load(path)())))
const steps = file.tensor('losses').values.length
const settings = right(
  readSettings(`{ model: ${file.metadata.config}, data: none, training: ${file.metadata.training} }`, {}, standard),
)
const model = modelOf(settings, standard)
const { batch, cooldown } = settings.training
const images = Number(file.metadata.images)

const feeds = (i: number) => {
  const [pictures, noise] = [channelsLast(file.tensor(`step${i}.x`)), channelsLast(file.tensor(`step${i}.noise`))]
  const n = pictures.length / batch
  const labels = labelsOf(file, `step${i}.y`, batch)
  const shown = Array.from(file.tensor(`step${i}.sigma`).values, (sigma, j) => ({
    image: pictures.subarray(j * n, (j + 1) * n),
    noise: noise.subarray(j * n, (j + 1) * n),
    sigma,
    label: labels[j] ?? null,
  }))
  return stepFeeds(shown, { process: processOf(settings.training), classes: file.model.shape.classes, whole: batch })
}

t.test('PyTorch by our recipe: the same losses, parameters and averages', async (t) => {
  const cools = { from: (1 - cooldown) * images, to: images }
  const task = denoisingTaskOf(right(denoiserOf(file.model)), settings)
  const step = await compile(cpu, { threads: 1 })(trainingStep(task))
  const run = runOf(step, { ...task, optimiser: optimiserOf(model, settings.training, cools) })
  const start = initialState(task, key(0))
  await run.load({ ...start, theta: file.theta, average: file.theta }, { updates: 0, images: 0 })
  const losses: number[] = []
  for (let i = 0; i < steps; i++) losses.push((await run.step(feeds(i))).loss)
  const { theta, average } = await run.state()
  await run.dispose()
  t.ok(relativeError(Float64Array.from(losses), file.tensor('losses').values) < 1e-6, `losses ${losses.join(' ')}`)
  const near = (what: string, ours: Numbers | undefined): void => {
    if (ours === undefined) throw new Error(`no ${what}`)
    for (const [name, { values }] of Object.entries(encode(file.model.spec)(ours))) {
      const error = relativeError(values, file.tensor(`${what}.${name}`).values)
      t.ok(error < 1e-6, `${what} ${name}: ${error}`)
    }
  }
  near('after', theta)
  near('average', average)
})

t.test('Muon of the same matrices', async (t) => {
  t.same(heldMatrices(file.model), JSON.parse(file.metadata.matrices ?? ''))
})
