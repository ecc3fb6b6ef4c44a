/** A run's pictures: the data set, the model fitted to it, and the held-out pictures that validate. */
import { validationPictures } from '../data/batches.ts'
import type { Dataset } from '../data/dataset.ts'
import { open } from '../data/open.ts'
import type { ImageConfig } from '../diffit/imageConfig.ts'
import { fold, type Key } from '../random/key.ts'
import { type NoisedImage, type Noising, noised } from '../train/batch.ts'
import { fail, must } from './errors.ts'

/**
 * How many pictures' loss at fixed noise is the validation loss: as many as take a few seconds, so that large models
 * show progress soon too; it depends on the model and the backend's kind only, so a run that goes on asks the same.
 */
export const validationCount = (flopsOfImage: number, precision: 'f32' | 'f64'): number =>
  Math.round(Math.min(256, Math.max(8, (precision === 'f32' ? 3e11 : 4e9) / flopsOfImage)))

export const openData = async (data: string, model: ImageConfig): Promise<Dataset> => {
  if (data === '') fail('this preset has no data of its own: name some with --data')
  return must(open(data, model.image_size))
}

/** The model for some data: channels and classes follow the data where the settings did not say them. */
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

/** Held-out pictures, each with its own fixed noise and its label; of data too small to hold any out, training ones. */
export const validationOf = (dataset: Dataset, count: number, noising: Noising, key: Key): readonly NoisedImage[] => {
  const held = validationPictures(dataset, count)
  const pictures = held.length > 0 ? held : validationPictures({ ...dataset, heldOut: dataset.train }, count)
  return pictures.map((i, n) =>
    noised({ ...noising, labelDropout: 0 })(fold(key, n), { image: dataset.image(i), label: dataset.label(i) }),
  )
}
