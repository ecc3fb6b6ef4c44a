/** A run's pictures: the data set, the model fitted to it, the stream that training sees, and the held-out pictures. */
import type { Dataset } from '../data/dataset.ts'
import { emoji } from '../data/emoji.ts'
import type { ImageConfig } from '../diffit/config.ts'
import { fold, integer, type Key } from '../random/key.ts'
import { type Noising, noised, type Shown } from '../train/batch.ts'
import type { Examples } from '../train/loop.ts'
import { fail, must } from './errors.ts'

/**
 * How many pictures' loss at fixed noise is the validation loss: as many as take a few seconds, so that large models
 * show progress soon too; it depends on the model and the backend's kind only, so a run that goes on asks the same.
 */
export const validationCount = (flopsOfImage: number, precision: 'f32' | 'f64'): number =>
  Math.round(Math.min(256, Math.max(8, (precision === 'f32' ? 3e11 : 4e9) / flopsOfImage)))

export const openData = async (data: string, model: ImageConfig): Promise<Dataset> => {
  if (data === '') fail('this preset has no data of its own: name some with --data')
  return must(emoji(model.image_size))
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

export const examplesOf =
  (dataset: Dataset, key: Key): Examples =>
  (position) => {
    const k = fold(key, position)
    const c = integer(fold(k, 0), dataset.train.length)
    const items = dataset.train[c] ?? []
    const item = items[integer(fold(k, 1), items.length)] ?? []
    const i = item[integer(fold(k, 2), item.length)] ?? 0
    return { image: dataset.image(i), label: dataset.label(i) }
  }

/** Held-out pictures, the classes in turn, each with its own fixed noise and its label. */
export const validationOf = (dataset: Dataset, count: number, noising: Noising, key: Key): readonly Shown[] => {
  const groups = dataset.heldOut.some((items) => items.length > 0) ? dataset.heldOut : dataset.train
  const depth = Math.max(...groups.map((items) => items.length))
  const pictures = Array.from({ length: depth }, (_, j) => groups.flatMap((items) => items[j]?.[0] ?? []))
    .flat()
    .slice(0, count)
  return pictures.map((i, n) =>
    noised({ ...noising, labelDropout: 0 })(fold(key, n), { image: dataset.image(i), label: dataset.label(i) }),
  )
}
