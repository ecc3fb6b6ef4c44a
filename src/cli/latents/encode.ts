/** `diffit data encode`: the latents of a data set's pictures, written once for any number of trainings. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { backends } from '../../../backends/index.ts'
import { companionsOf, holdsLatents, open } from '../../data/open.ts'
import { companions } from '../../io/companion.ts'
import { fail, must } from '../errors.ts'
import { clock } from '../progress.ts'
import { type Catalogue, type EncodeOptions, standard } from '../settings/options.ts'
import { threadsOf } from '../threads.ts'
import { trainCommand } from '../trainCommand.ts'
import { factorOf, openForLatents } from './autoencoderOfLatents.ts'
import { encodedData, latentFolders } from './encodedData.ts'
import { type EncodingProgress, encodingProgress } from './encodingProgress.ts'

export interface EncodeEnvironment {
  readonly say: (line: string) => void
  readonly progress: EncodingProgress
}

const usual = (): EncodeEnvironment => ({ say: console.log, progress: encodingProgress() })

/** @returns the folder of the latents; a `Failure` of one sentence, an `EncodingStopped` where it was asked to stop */
export const encode = async (
  o: EncodeOptions,
  { say, progress }: EncodeEnvironment = usual(),
  known: Catalogue = standard,
): Promise<string> => {
  const began = performance.now()
  const data = o.data ?? 'emoji'
  if (holdsLatents(data, known.kinds)) fail(`${data} holds latents already: expected pictures`)
  await must(companions('diffit data encode')(companionsOf(data, known.kinds)))
  const autoencoder = await openForLatents(o.autoencoder ?? '', known, say)
  const size = o.size ?? autoencoder.model.shape.size
  const factor = factorOf(autoencoder)
  if (size % factor !== 0) fail(`--size is ${size}: expected a multiple of ${factor}, the autoencoder's downsampling`)
  const dataset = await must(open(data, size, known.kinds))
  const { threads, notice } = threadsOf(o.threads ?? null, availableParallelism())
  if (notice !== null) say(notice)
  const { latents, folder } = await encodedData({
    dataset,
    data,
    autoencoder,
    folders: o.out === undefined ? latentFolders(dataset, autoencoder) : [o.out],
    machine: { backend: backends[o.backend ?? standard.settings.fields.backend.about.default], threads },
    progress,
  })
  say(
    `${join(folder, 'latents.json')}: latents of ${latents.count} pictures, ${latents.size} x ${latents.size} x ${latents.channels}, ${clock((performance.now() - began) / 1000)}`,
  )
  say(`train on them with: ${trainCommand('latent-tiny', latents.size, `--data latents:${folder}`, known)}`)
  return folder
}
