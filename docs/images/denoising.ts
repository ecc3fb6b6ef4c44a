/**
 * Sampling as an animated WebP: the states of the images on their way from noise, one row for each class. A state
 * x = y + sigma n is shown as x sd / sqrt(sigma^2 + sd^2), whose deviation is that of the images, sd, at every level: pure
 * noise is as bright as they are, and at level 0 the image is shown as it is. The last frame is held.
 */
import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import { flow, pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backends } from '../../backends/index.ts'
import { must, mustBe } from '../../src/cli/errors.ts'
import { type Row, rowsOf } from '../../src/cli/grid.ts'
import { keysOf } from '../../src/cli/keys.ts'
import { modelOf } from '../../src/cli/model.ts'
import { type Pictures, picturesOf } from '../../src/cli/pictures.ts'
import { compileNetwork, networkPlan, shapesOf } from '../../src/cli/plans.ts'
import { newest } from '../../src/cli/run/newest.ts'
import { type SampleOptions, type Settings, standard } from '../../src/cli/settings/options.ts'
import { readRunToSample } from '../../src/cli/settings/settings.ts'
import { processOf } from '../../src/cli/settings/tables.ts'
import { heldBy } from '../../src/cli/task.ts'
import { threadsOf } from '../../src/cli/threads.ts'
import { suggestion } from '../../src/codec/nearest.ts'
import { sample } from '../../src/diffusion/sample.ts'
import type { StepTaken } from '../../src/diffusion/sampler/sampler.ts'
import { companion, sharp } from '../../src/io/companion.ts'
import { grid } from '../../src/io/png.ts'
import { configPath, readConfig } from '../../src/io/run.ts'
import { readRecord } from '../../src/io/runRecord.ts'

/** Pixels that an image is high, and images at a time. */
const [height, batch] = [128, 16]
/** States above it look alike, pure noise, and are left out. */
const highest = 4
/** Milliseconds of the loop before the last frame, and of the last one. */
const [moving, held] = [2400, 1600]

/** A state at the brightness of images of deviation `sd`. */
export const shown = ({ x, sigma }: Pick<StepTaken, 'x' | 'sigma'>, sd: number): Float64Array =>
  x.map((v) => (v * sd) / Math.sqrt(sigma ** 2 + sd ** 2))

const chosenRows = (names: readonly string[], all: readonly Row[]): E.Either<string, readonly Row[]> =>
  names.length === 0
    ? E.right(all)
    : pipe(
        names,
        E.traverseArray((name) => {
          const row = all.find((known) => known.name === name)
          const known = all.map((row) => row.name)
          return row === undefined ? E.left(`unknown class "${name}": ${suggestion(name, known)}`) : E.right(row)
        }),
      )

/** PNG pictures of one size, one after another. */
const animated = (frames: readonly Uint8Array[]): TE.TaskEither<string, Uint8Array> =>
  pipe(
    companion('drawing an animation')(sharp),
    TE.chain((sharp) =>
      TE.tryCatch(
        () => {
          const delay = frames.map((_, i) =>
            i === frames.length - 1 ? held : Math.round(moving / (frames.length - 1)),
          )
          return sharp(frames.map(Buffer.from), { join: { animated: true } })
            .webp({ delay, loop: 0, lossless: true, effort: 6 })
            .toBuffer()
        },
        (error) => `cannot draw the animation: ${error instanceof Error ? error.message : String(error)}`,
      ),
    ),
  )

/** The run's model and parameters, the states on the way and the rows that they belong to. */
const sampled = async (run: string, names: readonly string[], settings: Settings, pictures: Pictures) => {
  const model = modelOf(settings, standard)
  const states = heldBy(model, settings)
  const found = await newest(run, await must(readRecord(run)), states, standard)
  const { about, state } = mustBe(
    E.fromNullable(`${run} has no checkpoint yet: train the model first`)(found.checkpoint),
  )
  const rows = mustBe(chosenRows(names, rowsOf(about.classes, model.shape.classes !== null)))
  const { columns, sampling, seed } = pictures
  const requests = rows.flatMap(({ label }) => Array.from({ length: columns }, (_, index) => ({ label, index })))
  const { threads } = threadsOf(settings.threads, availableParallelism())
  const executable = await compileNetwork(networkPlan(model, batch), batch, backends[settings.backend], threads)
  const taken: StepTaken[] = []
  try {
    await executable.write({ theta: states.evaluated(state) })
    const network = { ...shapesOf(model, batch), executable, process: processOf(settings.training) }
    const onStep = (step: StepTaken): void => {
      if (step.sigma <= highest) taken.push(step)
    }
    await sample(network, sampling, { onStep })(keysOf(seed).samples, requests)
  } finally {
    await executable.dispose()
  }
  return { taken, rows, shape: model.shape }
}

/** The animation's bytes: rows of these classes, all if none is named. */
export const denoising = async (names: readonly string[], o: SampleOptions): Promise<Uint8Array> => {
  const settings = mustBe(
    pipe(
      readRunToSample(await must(readConfig(o.run)), o),
      E.mapLeft((what) => `${configPath(o.run)}: ${what}`),
    ),
  )
  const pictures = picturesOf(o, settings)
  const { taken, rows, shape } = await sampled(o.run, names, settings, pictures)
  const frame = flow(
    (step: StepTaken) => shown(step, settings.training.sigma_data),
    (x) => RA.chunksOf(shape.size ** 2 * shape.channels)(Array.from(x)).map((image) => Float64Array.from(image)),
    (images) => ({
      rows: RA.zipWith(rows, RA.chunksOf(pictures.columns)(images), ({ name }, own) => ({ label: name, images: own })),
      height: shape.size,
      width: shape.size,
      channels: shape.channels === 1 ? (1 as const) : (3 as const),
      scale: height / shape.size,
    }),
    grid,
  )
  return must(pipe(taken, TE.traverseArray(frame), TE.chain(animated)))
}
