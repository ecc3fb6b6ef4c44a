/** A run's images: the data set, the model adapted to it, and the held-out images for validation. */
import { validationPictures } from '../data/batches.ts'
import type { Dataset } from '../data/dataset.ts'
import { open } from '../data/open.ts'
import type { ImageConfig } from '../diffit/imageConfig.ts'
import { type NoisedImage, type Noising, noised } from '../diffusion/noised.ts'
import { fold, type Key } from '../random/key.ts'
import { fail, must } from './errors.ts'

/**
 * The number of images in the validation loss (with fixed noise): as many as take a few seconds, so that large models
 * also report progress early. It depends only on the model and the backend's precision, so a resumed run uses the same.
 */
export const validationCount = (flopsOfImage: number, precision: 'f32' | 'f64'): number =>
  Math.round(Math.min(256, Math.max(8, (precision === 'f32' ? 3e11 : 4e9) / flopsOfImage)))

export const openData = async (data: string, model: ImageConfig): Promise<Dataset> => {
  if (data === '') fail('this preset has no default data: give --data')
  return must(open(data, model.image_size))
}

/** The model for a data set: channels and classes follow the data where the settings do not specify them. */
export const fitted = (
  model: ImageConfig,
  dataset: Dataset,
  says: (field: 'channels' | 'classes') => boolean,
): ImageConfig => {
  const channels = says('channels') ? model.channels : dataset.channels
  const classes = model.classes === null || says('classes') ? model.classes : dataset.classes.length
  if (channels !== dataset.channels)
    fail(`model.channels is ${channels}: expected ${dataset.channels}, the channels of ${dataset.name}`)
  if (classes !== null && classes !== dataset.classes.length)
    fail(
      `model.classes is ${classes}: expected ${dataset.classes.length}, the classes of ${dataset.name}, or null for an unconditional model`,
    )
  return { ...model, channels, classes }
}

/** Held-out images, each with its own fixed noise and its label; training images if the data set holds none out. */
export const validationOf = (dataset: Dataset, count: number, noising: Noising, key: Key): readonly NoisedImage[] => {
  const held = validationPictures(dataset, count)
  const pictures = held.length > 0 ? held : validationPictures({ ...dataset, heldOut: dataset.train }, count)
  return pictures.map((i, n) =>
    noised({ ...noising, labelDropout: 0 })(fold(key, n), { image: dataset.image(i), label: dataset.label(i) }),
  )
}
