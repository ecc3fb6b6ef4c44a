/** `diffit sample`: a grid of images from a run's newest checkpoint, with its EMA parameters. */
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { backends } from '../../backends/index.ts'
import { suggestion } from '../codec/nearest.ts'
import type { StepTaken } from '../diffusion/sampler/sampler.ts'
import { companions, sharp } from '../io/companion.ts'
import { makeFolder } from '../io/makeFolder.ts'
import { configPath, readConfig, samplesFolder } from '../io/run.ts'
import { readRecord } from '../io/runRecord.ts'
import { fail, must, mustBe } from './errors.ts'
import { drawGrid, rowsOf } from './grid.ts'
import { invocation } from './invocation.ts'
import { keysOf } from './keys.ts'
import { picturesShortage } from './memory.ts'
import { modelOf } from './model.ts'
import { denoiserOfRun } from './objectives/objectives.ts'
import { picturesOf } from './pictures.ts'
import { compileNetwork, networkPlan, shapesOf } from './plans.ts'
import { clock } from './progress.ts'
import { byImages, newest, passedOver } from './run/newest.ts'
import type { SamplingProgress } from './samplingProgress.ts'
import { type Catalogue, type SampleOptions, standard } from './settings/options.ts'
import { readRunToSample } from './settings/settings.ts'
import { processOf } from './settings/tables.ts'
import { heldBy } from './task.ts'
import { threadsOf } from './threads.ts'

export type { SampleOptions } from './settings/options.ts'

/** Batch size; images are independent, so it affects memory and speed only. */
const together = 16

const unseen: SamplingProgress = { show: () => undefined, stop: () => undefined }

/** @returns the image's path */
export const sample = async (
  o: SampleOptions,
  say: (line: string) => void = console.log,
  progress: SamplingProgress = unseen,
  known: Catalogue = standard,
): Promise<string> => {
  const started = performance.now()
  const text = await must(readConfig(o.run))
  const settings = mustBe(
    pipe(
      readRunToSample(text, o, known),
      E.mapLeft((what) => `${configPath(o.run)}: ${what}`),
    ),
  )
  await must(companions('diffit sample')([sharp]))
  const model = denoiserOfRun(o.run, modelOf(settings, known))
  const { size, channels, classes } = model.shape
  const held = heldBy(model, settings)
  const found = await newest(o.run, byImages(await must(readRecord(o.run))), held, known)
  for (const line of passedOver(found)) say(line)
  const { about, state } = found.checkpoint ?? fail(`${o.run} has no checkpoint yet: train the model first`)
  if (settings.training.cooldown > 0 && about.cooldown === null)
    say(`the run has not ended: with its cooldown samples get better: ${invocation('train', `--resume ${o.run}`)}`)
  const all = rowsOf(about.classes, classes !== null)
  const { seed, which, columns, sampling } = picturesOf(o, settings)
  const rows = which === 'all' ? all : all.filter((row) => row.name === which)
  if (rows.length === 0)
    fail(
      classes === null
        ? `--class ${which}: this model is unconditional`
        : `unknown class "${which}": ${suggestion(which, about.classes)}`,
    )
  const tooMany = picturesShortage(rows.length * columns, size * size * channels)
  if (tooMany !== null) fail(`--count ${columns}: ${rows.length * columns} images ${tooMany}`)
  const path = o.out ?? join(samplesFolder(o.run), `seed-${seed}.png`)
  await must(makeFolder(dirname(path)))
  const count = rows.length * columns * (classes !== null && sampling.guidance !== 1 ? 2 : 1)
  const batch = Math.min(together, count)
  const plan = networkPlan(model, batch)
  const { threads, notice } = threadsOf(settings.threads, availableParallelism())
  if (notice !== null) say(notice)
  const executable = await compileNetwork(plan, batch, backends[settings.backend], threads)
  try {
    await executable.write({ theta: held.evaluated(state) })
    const network = { ...shapesOf(model, batch), executable, process: processOf(settings.training) }
    const began = performance.now()
    const images = rows.length * columns
    const onStep = ({ step, steps }: StepTaken): void =>
      progress.show({ step, steps, images, seconds: (performance.now() - began) / 1000 })
    mustBe(await drawGrid(network, sampling, { key: keysOf(seed).samples, rows, columns, path }, { onStep }))
  } finally {
    progress.stop()
    await executable.dispose()
  }
  say(
    `${path}: ${rows.length * columns} images from step ${about.step}, ${clock((performance.now() - started) / 1000)}`,
  )
  return path
}
