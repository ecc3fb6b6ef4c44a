/** The scale of an autoencoder's latents, for the file that it becomes: one factor, or measured over the pictures of its run. */
import { availableParallelism } from 'node:os'
import { backends } from '../../../backends/index.ts'
import { type LatentScale, scaleOfFactor } from '../../autoencoder/latents.ts'
import { latentShapeOf } from '../../autoencoder/task.ts'
import type { Metadata } from '../../interchange/card.ts'
import { thetaOf } from '../../interchange/parameters.ts'
import type { Source } from '../../interchange/source.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import { encodeScale } from '../autoencoder/latentScale.ts'
import { openData } from '../data.ts'
import { fail } from '../errors.ts'
import { halved, scaledBy } from '../latents/autoencoderOfLatents.ts'
import { encodedData, latentFolders } from '../latents/encodedData.ts'
import type { EncodingProgress } from '../latents/encodingProgress.ts'
import { settingsOfRun } from '../run/settingsOfRun.ts'
import { type Catalogue, standard } from '../settings/options.ts'
import { threadsOf } from '../threads.ts'

/** How the pictures of a run are encoded. */
export interface Measuring {
  readonly known: Catalogue
  readonly progress: EncodingProgress
  readonly stopped: () => boolean
  /** Folders for the latents of data sets; the usual ones unless given. */
  readonly caches?: readonly string[]
}

/** Over what a model of these latents is shown: the latents are kept where its training looks for them. */
const measured = async (
  folder: string,
  source: Source,
  model: ConfiguredModelOf<'reconstruction'>,
  { known, progress, stopped, caches }: Measuring,
): Promise<LatentScale> => {
  const { data } = await settingsOfRun(folder, known)
  const dataset = await openData(data, model, known)
  if (dataset.fingerprint !== source.metadata.fingerprint)
    fail(`the images of ${data} are not those that ${folder} was trained on`)
  const autoencoder = halved({ model, theta: await thetaOf(source), scale: null })
  const { latents } = await encodedData({
    dataset,
    data,
    autoencoder,
    folders: latentFolders(dataset, autoencoder, caches),
    machine: {
      backend: backends[standard.settings.fields.backend.about.default],
      threads: threadsOf(null, availableParallelism()).threads,
    },
    progress,
    stop: { asked: stopped, release: () => undefined },
  })
  return scaledBy(autoencoder, latents).scale
}

/** What `--latent-scale` adds to a file. @param run the folder of the run that is converted; null for a file */
export const scaleAsked = async (
  asked: number | 'measured',
  run: string | null,
  source: Source,
  measuring: Measuring,
): Promise<Metadata> => {
  const { model } = source
  if (model.objective !== 'reconstruction')
    return fail(`--latent-scale: the model "${model.config.model}" has no latents of its own: expected an autoencoder`)
  if (asked !== 'measured')
    return { latent_scale: encodeScale(scaleOfFactor(asked, latentShapeOf(model, model.shape).channels)) }
  if (run === null)
    return fail(
      '--latent-scale measured: expected the folder of a run, over whose pictures it is measured, or a factor',
    )
  return { latent_scale: encodeScale(await measured(run, source, model, measuring)) }
}
