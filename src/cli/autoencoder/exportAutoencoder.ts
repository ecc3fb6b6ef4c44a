/** A run of an autoencoder as one file, with the scale of its data's latents, which is kept beside the run too. */
import { compileAutoencoder } from '../../autoencoder/compiledAutoencoder.ts'
import { measureScale } from '../../autoencoder/measureScale.ts'
import type { Dataset } from '../../data/dataset.ts'
import type { Writable } from '../../io/safetensors.ts'
import type { Backend } from '../../plan/backend.ts'
import { openData } from '../data.ts'
import { fail, must } from '../errors.ts'
import { autoencoderShapes } from '../objectives/reconstruction.ts'
import type { Catalogue } from '../settings/options.ts'
import { writeAutoencoder } from './autoencoderFile.ts'
import { writeRunScale } from './latentScale.ts'
import { type AutoencoderRun, openAutoencoderRun } from './openAutoencoder.ts'

/** Pictures that are encoded together; it affects memory and speed only. */
const together = 16

/** The training pictures of a data set in blocks. */
function* blocksOf({ train, image, size, channels }: Dataset): Generator<Float32Array> {
  const all = train.flat(2)
  const each = size * size * channels
  for (let from = 0; from < all.length; from += together) {
    const some = all.slice(from, from + together)
    const block = new Float32Array(some.length * each)
    some.forEach((i, at) => {
      block.set(image(i), at * each)
    })
    yield block
  }
}

export interface Exporting {
  readonly backend: Backend
  readonly threads: number
  readonly known: Catalogue
  readonly say: (line: string) => void
  /** Of the parameters in the file: that of `writeAutoencoder` unless given. */
  readonly dtype?: Writable
}

const measured = async (run: AutoencoderRun, folder: string, { backend, threads, known }: Exporting) => {
  const { model, theta, settings, fingerprint, contentHash } = run
  const dataset = await openData(settings.data, model, known)
  if (dataset.fingerprint !== fingerprint)
    return fail(`the images of ${settings.data} are not those that ${folder} was trained on`)
  const autoencoder = compileAutoencoder(backend, { threads })(model, theta, autoencoderShapes(model, together))
  try {
    const scale = await measureScale(autoencoder)(blocksOf(dataset))
    await must(writeRunScale(folder, contentHash, scale))
    return scale
  } finally {
    await autoencoder.dispose()
  }
}

/** Writes the file of a run's autoencoder; the scale is measured over the run's training pictures, if it was not yet. */
export const exportAutoencoder = async (folder: string, out: string, how: Exporting): Promise<AutoencoderRun> => {
  const run = await openAutoencoderRun(folder, how.known, how.say)
  const scale = run.scale ?? (await measured(run, folder, how))
  await must(writeAutoencoder(out, { ...run, scale }, how.dtype))
  return { ...run, scale }
}
