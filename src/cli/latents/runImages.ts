/** The images of a run: the pictures of its data, or their latents, with the autoencoder that makes them. */
import type { Dataset } from '../../data/dataset.ts'
import { latentsFingerprint } from '../../data/latents/latents.ts'
import { holdsLatents, open } from '../../data/open.ts'
import type { ConfiguredModel } from '../../models/model.ts'
import type { OpenedAutoencoder, ScaledAutoencoder } from '../autoencoder/autoencoderFile.ts'
import { openData } from '../data.ts'
import { fail, must } from '../errors.ts'
import type { About } from '../run/checkpoint.ts'
import type { Catalogue, Settings } from '../settings/options.ts'
import type { StopSignal } from '../stop.ts'
import {
  factorOf,
  keptAutoencoderPath,
  type Machine,
  openForLatents,
  openKept,
  pictureShapeOf,
  scaledBy,
} from './autoencoderOfLatents.ts'
import { encodedData, latentFolders } from './encodedData.ts'
import type { EncodingProgress } from './encodingProgress.ts'

export interface RunImages {
  /** What the model is trained on. */
  readonly dataset: Dataset
  /** With the scale of the latents; null in pixel space. */
  readonly autoencoder: ScaledAutoencoder | null
}

/** The folder of a run that has its autoencoder already, and the content hash that the run says of it. */
export interface Kept {
  readonly folder: string
  /** Null in runs of earlier versions. */
  readonly autoencoder: string | null
}

export interface Encodes {
  readonly known: Catalogue
  readonly say: (line: string) => void
  readonly machine: Machine
  readonly progress: EncodingProgress
  /** What hears that it should stop; signals to the process unless given. */
  readonly stop?: StopSignal
  /** Folders for the latents of data sets; the usual ones unless given. */
  readonly caches?: readonly string[]
}

const refuseLatents = (data: string, { kinds }: Catalogue): void => {
  if (holdsLatents(data, kinds)) fail(`${data} holds latents, but the model is of pixels: give pictures, --data emoji`)
}

/** The folder in the name of a data set: `latents:DIR`. */
const folderIn = (data: string): string => data.slice(data.indexOf(':') + 1)

/** Latents that were encoded before, by an autoencoder that is there: the folder's own, unless one is named. */
const ofFolder = async (
  { data, autoencoder: path }: Settings,
  kept: Kept | null,
  model: ConfiguredModel,
  { known, say }: Encodes,
): Promise<RunImages> => {
  const dataset = await openData(data, model, known)
  const own = kept ?? (path === '' ? { folder: folderIn(data), autoencoder: null } : null)
  const autoencoder: OpenedAutoencoder =
    own === null ? await openForLatents(path, known, say) : await openKept(own.folder, own.autoencoder, known)
  if (dataset.encoded?.autoencoder !== autoencoder.contentHash)
    fail(`${data} was encoded by another autoencoder than ${own === null ? path : keptAutoencoderPath(own.folder)}`)
  return { dataset, autoencoder: scaledBy(autoencoder, dataset) }
}

/** Latents of pictures, encoded unless they are kept from before. */
const ofPictures = async (
  { data, autoencoder: path }: Settings,
  kept: Kept | null,
  model: ConfiguredModel,
  { known, say, caches, ...how }: Encodes,
): Promise<RunImages> => {
  if (data === '') fail('this preset has no default data: give --data')
  const autoencoder: OpenedAutoencoder =
    kept === null ? await openForLatents(path, known, say) : await openKept(kept.folder, kept.autoencoder, known)
  const pictures = await must(open(data, pictureShapeOf(model, autoencoder).size, known.kinds))
  const folders = latentFolders(pictures, autoencoder, caches)
  const { latents } = await encodedData({ ...how, dataset: pictures, data, autoencoder, folders })
  return { dataset: latents, autoencoder: scaledBy(autoencoder, latents) }
}

/** What the settings say of samples and means. */
const shownAs = ({ training }: Settings, { dataset, ...about }: RunImages): RunImages => ({
  ...about,
  dataset:
    training.latents === 'mean' && dataset.encoded !== undefined ? { ...dataset, ...dataset.encoded.means } : dataset,
})

/**
 * The images that a run is trained on. Pictures become latents where the model is one of latents.
 * @param kept of a run that has its autoencoder already; null for a new one
 */
export const imagesOfRun = async (
  settings: Settings,
  model: ConfiguredModel,
  kept: Kept | null,
  encodes: Encodes,
): Promise<RunImages> => {
  const { known } = encodes
  if (model.space === 'pixels') {
    refuseLatents(settings.data, known)
    return { dataset: await openData(settings.data, model, known), autoencoder: null }
  }
  const of = holdsLatents(settings.data, known.kinds) ? ofFolder : ofPictures
  return shownAs(settings, await of(settings, kept, model, encodes))
}

/** The pictures whose latents a data set holds; itself where it holds pictures. */
export const picturesBehind = async (dataset: Dataset, { kinds }: Catalogue): Promise<Dataset> => {
  const { encoded } = dataset
  return encoded === undefined ? dataset : must(open(encoded.data, encoded.picture.size, kinds))
}

export interface RunPictures {
  /** The name of the pictures, as `--data` takes it: of latents, what was encoded. */
  readonly data: string
  /** The pictures of the run's data. */
  readonly pictures: Dataset
  readonly autoencoder: ScaledAutoencoder | null
}

/**
 * The pictures of a run's data, with what it keeps to decode its latents: what its samples are compared with. Pictures that are not
 * those that it was trained on are refused.
 * @param about the images that the run was trained on, and what encoded them
 */
export const picturesOfRun = async (
  folder: string,
  settings: Settings,
  model: ConfiguredModel,
  about: Pick<About, 'fingerprint' | 'autoencoder'>,
  known: Catalogue,
): Promise<RunPictures> => {
  const { data } = settings
  const autoencoder = model.space === 'pixels' ? null : await openKept(folder, about.autoencoder, known)
  const size = model.shape.size * (autoencoder === null ? 1 : factorOf(autoencoder))
  const encoded = holdsLatents(data, known.kinds) ? (await openData(data, model, known)).encoded : undefined
  const named = encoded === undefined ? data : encoded.data
  const pictures =
    autoencoder === null ? await openData(data, model, known) : await must(open(named, size, known.kinds))
  const found =
    autoencoder === null
      ? pictures.fingerprint
      : latentsFingerprint({ fingerprint: pictures.fingerprint, autoencoder: autoencoder.contentHash })
  if (found !== about.fingerprint) fail(`the images of ${data} are not those that ${folder} was trained on`)
  return { data: named, pictures, autoencoder }
}
