/** `diffit sample`: a grid of pictures from a run's newest checkpoint, with its averaged parameters. */
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backends } from '../../backends/index.ts'
import { suggestion } from '../codec/nearest.ts'
import { imageModel } from '../diffit/image.ts'
import { modelOf } from '../diffit/model.ts'
import { reason } from '../io/atomic.ts'
import { configPath, openRun, samplesFolder } from '../io/run.ts'
import { checkpointPath, checkpointSteps } from '../io/runCheckpoints.ts'
import { load } from '../io/safetensors.ts'
import { type Checkpoint, fromFile } from './checkpoint.ts'
import { fail, must, mustBe } from './errors.ts'
import { drawGrid, rowsOf } from './grid.ts'
import { keysOf } from './keys.ts'
import { picturesShortage } from './memory.ts'
import { compileNetwork, networkPlan, shapesOf } from './plans.ts'
import { clock } from './progress.ts'
import { readSettings, type Settings } from './settings.ts'

export interface SampleOptions {
  readonly run: string
  readonly class?: string
  readonly count?: number
  readonly guidance?: number
  readonly steps?: number
  readonly seed?: number
  readonly out?: string
  readonly backend?: string
  readonly threads?: number
}

/** Pictures at a time; images never touch each other, so it changes memory and speed only. */
const together = 16

const newest = async (folder: string, settings: Settings): Promise<Checkpoint> => {
  const [step] = await must(checkpointSteps(folder))
  if (step === undefined) return fail(`${folder} has no checkpoint yet: train it first`)
  const path = checkpointPath(folder, step)
  return must(
    pipe(
      load(path),
      TE.chainEitherK((file) =>
        pipe(
          fromFile(imageModel(settings.model).spec, settings.model)(file),
          E.mapLeft((what) => `${path}: ${what}`),
        ),
      ),
    ),
  )
}

/** @returns the picture's path */
export const sample = async (o: SampleOptions, say: (line: string) => void = console.log): Promise<string> => {
  const started = performance.now()
  const text = await must(openRun(o.run))
  const settings = mustBe(
    pipe(
      readSettings(text, {
        ...(o.backend === undefined ? {} : { backend: o.backend }),
        ...(o.threads === undefined ? {} : { threads: o.threads }),
      }),
      E.mapLeft((what) => `${configPath(o.run)}: ${what}`),
    ),
  )
  const { about, state } = await newest(o.run, settings)
  const { model } = settings
  const all = rowsOf(about.classes, model.classes !== null)
  const name = o.class ?? 'all'
  const rows = name === 'all' ? all : all.filter((row) => row.name === name)
  if (rows.length === 0)
    fail(
      model.classes === null
        ? `--class ${name}: this model knows no classes`
        : `unknown class "${name}": ${suggestion(name, about.classes)}`,
    )
  const seed = o.seed ?? settings.seed
  const columns = o.count ?? 8
  const { size, channels } = modelOf(model).shape
  const tooMany = picturesShortage(rows.length * columns, size * size * channels)
  if (tooMany !== null) fail(`--count ${columns}: ${rows.length * columns} pictures ${tooMany}`)
  const sampling = { steps: o.steps ?? settings.sampling.steps, guidance: o.guidance ?? settings.sampling.guidance }
  const path = o.out ?? join(samplesFolder(o.run), `seed-${seed}.png`)
  await must(
    TE.tryCatch(
      () => mkdir(dirname(path), { recursive: true }),
      (error) => `cannot make ${dirname(path)}: ${reason(error)}`,
    ),
  )
  const wanted = rows.length * columns * (model.classes !== null && sampling.guidance !== 1 ? 2 : 1)
  const batch = Math.min(together, wanted)
  const plan = networkPlan(model, batch)
  const threads = settings.threads ?? availableParallelism()
  const executable = await compileNetwork(plan, batch, backends[settings.backend], threads)
  try {
    await executable.write({ theta: state.average })
    const asked = { ...shapesOf(model, batch), executable, sigmaData: settings.training.sigma_data }
    await drawGrid(asked, sampling, { key: keysOf(seed).samples, rows, columns, path })
  } finally {
    await executable.dispose()
  }
  say(
    `${path}: ${rows.length * columns} pictures from step ${about.step}, ${clock((performance.now() - started) / 1000)}`,
  )
  return path
}
