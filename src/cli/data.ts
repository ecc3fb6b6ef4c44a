/** A run's images: the data set, the model adapted to it, and the held-out images for validation. */
import { isDeepStrictEqual } from 'node:util'
import { OrNull, shown } from '../codec/codecs.ts'
import { validationPictures } from '../data/batches.ts'
import type { Dataset } from '../data/dataset.ts'
import { open } from '../data/open.ts'
import { type NoisedImage, type Noising, noised } from '../diffusion/noise/noised.ts'
import type { ConfiguredModel, ModelConfig } from '../models/model.ts'
import { fold, type Key } from '../random/key.ts'
import { fail, must } from './errors.ts'
import { leavesOf, nameOf } from './settings/option.ts'
import type { Catalogue } from './settings/options.ts'

/**
 * The number of images in the validation loss (with fixed noise): as many as take a few seconds, so that large models
 * also report progress early. It depends only on the model and the backend's precision, so a resumed run uses the same.
 */
export const validationCount = (flopsOfImage: number, precision: 'f32' | 'f64', most = 256): number =>
  Math.round(Math.min(most, Math.max(8, (precision === 'f32' ? 3e11 : 4e9) / flopsOfImage)))

export const openData = async (
  data: string,
  { shape }: ConfiguredModel,
  { kinds }: Pick<Catalogue, 'kinds'>,
): Promise<Dataset> => {
  if (data === '') fail('this preset has no default data: give --data')
  return must(open(data, shape.size, kinds))
}

/** The configuration for a data set: fields of the model follow the data where the settings do not specify them. */
export const fitted = (
  model: ConfiguredModel,
  dataset: Dataset,
  says: (field: string) => boolean,
  { rows }: Catalogue,
): ModelConfig => {
  const asked = model.fit({ channels: dataset.channels, classes: dataset.classes.length })
  const wrong = leavesOf(rows, { model: asked }).find(({ path: [section, field] }) => {
    if (section !== 'model' || field === undefined || !says(field)) return false
    return !isDeepStrictEqual(model.config[field], asked[field])
  })
  if (wrong !== undefined) {
    const field = wrong.path.slice(-1).join()
    const orNull = wrong.codec instanceof OrNull ? `, or null ${wrong.codec.when}` : ''
    fail(
      `${nameOf(wrong)} is ${shown(model.config[field])}: expected ${shown(asked[field])}, the ${field} of ${dataset.name}${orNull}`,
    )
  }
  return asked
}

/** Held-out images with their labels; training images if the data set holds none out. */
export const heldOutPictures = (dataset: Dataset, count: number) => {
  const held = validationPictures(dataset, count)
  const pictures = held.length > 0 ? held : validationPictures({ ...dataset, heldOut: dataset.train }, count)
  return pictures.map((i) => ({ image: dataset.image(i), label: dataset.label(i) }))
}

/** Held-out images, each with its own fixed noise and its label; training images if the data set holds none out. */
export const validationOf = (dataset: Dataset, count: number, noising: Noising, key: Key): readonly NoisedImage[] =>
  heldOutPictures(dataset, count).map((picture, n) => noised({ ...noising, labelDropout: 0 })(fold(key, n), picture))
