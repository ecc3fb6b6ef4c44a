/** A run as it is sampled from: its newest checkpoint, its model and how it is sampled; the network, compiled for a while. */
import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { backends } from '../../../backends/index.ts'
import { suggestion } from '../../codec/nearest.ts'
import type { CompiledNetwork } from '../../diffusion/network.ts'
import type { SamplingWatch } from '../../diffusion/sample.ts'
import { companions, sharp } from '../../io/companion.ts'
import { configPath, readConfig } from '../../io/run.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import type { ScaledAutoencoder } from '../autoencoder/autoencoderFile.ts'
import { fail, must, mustBe } from '../errors.ts'
import { type Row, rowsOf } from '../grid.ts'
import { invocation } from '../invocation.ts'
import { openKept, pictureShapeOf, spaceOf } from '../latents/autoencoderOfLatents.ts'
import type { ImageSpace, PictureShape } from '../latents/imageSpace.ts'
import { picturesShortage } from '../memory.ts'
import { modelOf } from '../model.ts'
import { denoiserOfRun } from '../objectives/objectives.ts'
import { type Pictures, picturesOf } from '../pictures.ts'
import { mostTrained } from '../run/newest.ts'
import { sampledNetwork, together } from '../sampledNetwork.ts'
import type { SamplingProgress } from '../samplingProgress.ts'
import type { Catalogue, SampleOptions, Settings } from '../settings/options.ts'
import { readRunToSample } from '../settings/settings.ts'
import { type Held, heldBy } from '../task.ts'
import { threadsOf } from '../threads.ts'

export type Say = (line: string) => void

/** Shows no progress. */
export const unseen: SamplingProgress = { show: () => undefined, stop: () => undefined }

export interface RunToSample {
  readonly settings: Settings
  readonly model: ConfiguredModelOf<'denoising'>
  /** Of a model of latents. */
  readonly autoencoder: ScaledAutoencoder | null
  /** The shape of its pictures. */
  readonly picture: PictureShape
  /** The step of the checkpoint. */
  readonly step: number
  readonly theta: ReturnType<Held['evaluated']>
  /** Names of the classes of the run's data. */
  readonly classes: readonly string[]
  /** One row per class; one for an unconditional model. */
  readonly rows: readonly Row[]
  readonly pictures: Pictures
}

/** The run of some options, read; whatever is wrong with it ends the command. */
export const runToSample = async (o: SampleOptions, say: Say, known: Catalogue): Promise<RunToSample> => {
  const text = await must(readConfig(o.run))
  const settings = mustBe(
    pipe(
      readRunToSample(text, o, known),
      E.mapLeft((what) => `${configPath(o.run)}: ${what}`),
    ),
  )
  await must(companions('diffit sample')([sharp]))
  const model = denoiserOfRun(o.run, modelOf(settings, known))
  const held = heldBy(model, settings)
  const { about, state } = await mostTrained(o.run, held, known, say)
  if (settings.training.cooldown > 0 && about.cooldown === null)
    say(`the run has not ended: with its cooldown samples get better: ${invocation('train', `--resume ${o.run}`)}`)
  const autoencoder = model.space === 'pixels' ? null : await openKept(o.run, about.autoencoder, known)
  return {
    settings,
    model,
    autoencoder,
    picture: autoencoder === null ? model.shape : pictureShapeOf(model, autoencoder),
    step: about.step,
    theta: held.evaluated(state),
    classes: about.classes,
    rows: rowsOf(about.classes, model.shape.classes !== null),
    pictures: picturesOf(o, settings),
  }
}

/** The rows that are named, in that order; one that there is not ends the command. */
export const namedRows = ({ model, classes, rows }: RunToSample, names: readonly string[]): readonly Row[] =>
  names.map((name) => {
    if (model.shape.classes === null) return fail(`--class ${name}: this model is unconditional`)
    return rows.find((row) => row.name === name) ?? fail(`unknown class "${name}": ${suggestion(name, classes)}`)
  })

/** The rows that `--class` names: all, one by its name, or several by theirs, separated by commas. */
export const rowsNamed = (run: RunToSample, which: string): readonly Row[] => {
  if (which === 'all') return run.rows
  const whole = run.rows.some(({ name }) => name === which)
  return namedRows(run, whole ? [which] : which.split(',').map((name) => name.trim()))
}

/** Ends the command if the memory does not hold so many images at a time. */
export const requireRoom = ({ picture }: RunToSample, option: string, images: number): void => {
  const { size, channels } = picture
  const tooMany = picturesShortage(images, size * size * channels)
  if (tooMany !== null) fail(`${option}: ${images} images ${tooMany}`)
}

/** How a run's network is used. */
interface Use<A> {
  /** How many images are sampled together. */
  readonly images: number
  readonly say: Say
  readonly progress: SamplingProgress
  readonly work: (network: CompiledNetwork, watch: SamplingWatch, space: ImageSpace) => Promise<A>
}

/** What is done with the network of a run, which is compiled before and disposed of after. */
export const withNetwork = async <A>(run: RunToSample, { images, say, progress, work }: Use<A>): Promise<A> => {
  const { settings, model, autoencoder, pictures } = run
  const evaluated = images * (model.shape.classes !== null && pictures.sampling.guidance !== 1 ? 2 : 1)
  const batch = Math.min(together, evaluated)
  const { threads, notice } = threadsOf(settings.threads, availableParallelism())
  if (notice !== null) say(notice)
  const machine = { backend: backends[settings.backend], threads }
  const network = await sampledNetwork(run, machine, batch)
  const space = spaceOf(model, autoencoder, machine)
  try {
    const began = performance.now()
    const watch: SamplingWatch = {
      onStep: ({ step, steps }) => progress.show({ step, steps, images, seconds: (performance.now() - began) / 1000 }),
    }
    return await work(network, watch, space)
  } finally {
    progress.stop()
    await network.executable.dispose()
    await space.dispose()
  }
}
