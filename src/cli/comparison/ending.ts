/** What the end of a run gives: its losses, on the images and noise that all runs of a comparison share, and its samples. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Dataset } from '../../data/dataset.ts'
import type { CompiledNetwork } from '../../diffusion/network.ts'
import { edmNoise } from '../../diffusion/noise/lognormal.ts'
import { makeFolder } from '../../io/makeFolder.ts'
import { samplesFolder } from '../../io/run.ts'
import { type MetricsRow, readMetrics } from '../../io/runMetrics.ts'
import { count } from '../../nn/spec.ts'
import type { Backend } from '../../plan/backend.ts'
import { lossAfter, trainingSeconds, validated } from '../../train/timeToLoss.ts'
import { must, mustBe } from '../errors.ts'
import { drawGrid, rowsOf } from '../grid.ts'
import { keysOf } from '../keys.ts'
import { openKept, spaceOf } from '../latents/autoencoderOfLatents.ts'
import type { ImageSpace } from '../latents/imageSpace.ts'
import { modelOf } from '../model.ts'
import { denoiserOfRun } from '../objectives/objectives.ts'
import { sampledNetwork } from '../sampledNetwork.ts'
import type { Catalogue, Settings } from '../settings/options.ts'
import { saidText, samplingSaid } from '../settings/samplingSaid.ts'
import { samplingOf } from '../settings/tables.ts'
import { heldBy } from '../task.ts'
import { threadsOf } from '../threads.ts'
import { edmLoss } from './edmLoss.ts'
import type { Trained } from './runs.ts'
import { type Standing, shares } from './standing.ts'
import { validationAt } from './validation.ts'

/** What all endings of a comparison share. */
export interface Ground {
  /** What the models are trained on. */
  readonly dataset: Dataset
  readonly backend: Backend
  /** Null: one per processor. */
  readonly threads: number | null
  readonly known: Catalogue
  /** Throws if the work should stop. */
  readonly stopCheck: () => void
}

/** Runs with the network of a run's last checkpoint, with the parameters that `sample` would use. */
export const withNetwork = async <A>(
  folder: string,
  { settings, checkpoint }: Trained,
  { backend, threads, known }: Ground,
  use: (network: CompiledNetwork, space: ImageSpace) => Promise<A>,
): Promise<A> => {
  const model = denoiserOfRun(folder, modelOf(settings, known))
  const autoencoder = model.space === 'pixels' ? null : await openKept(folder, checkpoint.about.autoencoder, known)
  const machine = { backend, threads: threadsOf(threads, availableParallelism()).threads }
  const theta = heldBy(model, settings).evaluated(checkpoint.state)
  const network = await sampledNetwork({ settings, model, theta }, machine)
  const space = spaceOf(model, autoencoder, machine)
  try {
    return await use(network, space)
  } finally {
    await network.executable.dispose()
    await space.dispose()
  }
}

export const rowsOfRun = (folder: string): Promise<readonly MetricsRow[]> => must(readMetrics(folder))

/** Of a finished run: its network, and the FLOPs of one of its updates. */
export const standingOf = async (
  folder: string,
  { settings, checkpoint }: Trained,
  { network, flops }: { readonly network: CompiledNetwork; readonly flops: number },
  { dataset, stopCheck, known }: Ground,
): Promise<Standing> => {
  const { step, images } = checkpoint.about
  const rows = await rowsOfRun(folder)
  const points = validated(rows)
  return {
    step,
    images,
    pflop: (step * flops) / 1e15,
    minutes: trainingSeconds(rows) / 60,
    parameters: count(modelOf(settings, known).spec),
    validation: shares.map((share) => ({ images: share * images, loss: lossAfter(points, share * images) })),
    edmLoss: await edmLoss(network, validationAt(dataset, edmNoise), stopCheck),
  }
}

/** How the samples of a comparison's picture are made: those of every setting from the same noise. */
export interface Drawing {
  /** The key of the noise is this seed's. */
  readonly seed: number
  readonly columns: number
  /** In place of the setting's own. */
  readonly guidance?: number | undefined
  readonly steps?: number | undefined
}

const samplingUnder = ({ sampling }: Settings, { guidance, steps }: Drawing): Settings['sampling'] => ({
  ...sampling,
  ...(guidance === undefined ? {} : { guidance }),
  ...(steps === undefined ? {} : { steps }),
})

/** All that the samples depend on besides the run, as one text. */
export const drawingText = ({ settings }: Trained, drawing: Drawing): string => {
  const sampling = samplingUnder(settings, drawing)
  const { sampler, schedule, steps, guidance } = sampling
  return `${sampler}, ${schedule}, ${steps} steps, guidance ${guidance}, seed ${drawing.seed}, ${drawing.columns} of each class${saidText(samplingSaid(sampling))}`
}

export const gridPath = (folder: string): string => join(samplesFolder(folder), 'compare.png')

/** Draws samples of a finished run, one row for each class, without names. */
export const drawSamples = async (
  folder: string,
  { settings, checkpoint }: Trained,
  drawing: Drawing,
  { network, space }: { readonly network: CompiledNetwork; readonly space: ImageSpace },
  { stopCheck }: Ground,
): Promise<void> => {
  const rows = rowsOf(checkpoint.about.classes, network.classes !== null).map((row) => ({ ...row, name: '' }))
  await must(makeFolder(samplesFolder(folder)))
  const { seed, columns } = drawing
  const wanted = { key: keysOf(seed).samples, rows, columns, path: gridPath(folder), space }
  mustBe(await drawGrid(network, samplingOf(samplingUnder(settings, drawing), network.process), wanted, { stopCheck }))
}
