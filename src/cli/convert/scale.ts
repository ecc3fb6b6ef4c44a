/** The scale of an autoencoder's latents, which was measured beside its run, for the file that it becomes. */
import { latentShapeOf } from '../../autoencoder/task.ts'
import type { Metadata } from '../../interchange/card.ts'
import { thetaOf } from '../../interchange/parameters.ts'
import type { Source } from '../../interchange/source.ts'
import { parametersHash } from '../autoencoder/autoencoderFile.ts'
import { encodeScale, readRunScale } from '../autoencoder/latentScale.ts'
import { must } from '../errors.ts'

/** What a run knows of its latents; nothing of a model that is no autoencoder, or whose latents were not measured. */
export const scaleBeside = async (folder: string, source: Source): Promise<Metadata> => {
  const { model } = source
  if (model.objective !== 'reconstruction') return {}
  const hash = parametersHash(model, await thetaOf(source))
  const scale = await must(readRunScale(folder, hash, latentShapeOf(model, model.shape).channels))
  return scale === null ? {} : { latent_scale: encodeScale(scale) }
}
