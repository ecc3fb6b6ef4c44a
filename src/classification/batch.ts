/** The inputs of a training step: pictures augmented on the host, their labels, and which features dropout keeps. */
import type { PictureSize } from '../augmentation/index.ts'
import { element } from '../codec/element.ts'
import { dropoutMask } from '../nn/dropout.ts'
import type { Numbers } from '../plan/backend.ts'
import { fold, type Key } from '../random/key.ts'
import { augmented } from './augment.ts'

/** A picture [h, w, c] in [-1, 1] and its class. */
export interface LabelledPicture {
  readonly image: Numbers
  readonly label: number
}

/** How pictures become feeds. */
export interface Batching extends PictureSize {
  /** Images at a time. */
  readonly batch: number
  /** The width of the features. */
  readonly features: number
  /** The share of features that is dropped. */
  readonly dropout: number
  /** Of the augmentation: 0 is none, 1 the usual. */
  readonly augmentation: number
}

/** The feeds of a training step: image [b, h, w, c], label [b], keep [b, f]. */
export type ClassificationFeeds = {
  readonly image: Float64Array
  readonly label: Int32Array
  readonly keep: Float64Array
}

/** The child of a picture's key for dropout; augmentation has those before it. */
const ofDropout = 4

/** The micro-batch that begins at a position of the endless stream; what is random of a picture comes from its position's key. */
export const classifiedBatches = (
  key: Key,
  examples: (position: number) => LabelledPicture,
  { batch, size, channels, features, dropout, augmentation }: Batching,
): ((position: number) => ClassificationFeeds) => {
  const seen = augmented(augmentation, { size, channels })
  const each = size * size * channels
  return (position) => {
    const image = new Float64Array(batch * each)
    const label = new Int32Array(batch)
    const keep = new Float64Array(batch * features)
    for (let i = 0; i < batch; i++) {
      const [own, example] = [fold(key, position + i), examples(position + i)]
      if (example.image.length !== each)
        throw new RangeError(`picture ${position + i} has ${example.image.length} numbers: expected ${each}`)
      image.set(seen(own, example.image), i * each)
      label[i] = example.label
      keep.set(dropoutMask(fold(own, ofDropout), dropout, features), i * features)
    }
    return { image, label, keep }
  }
}

/** Pictures [h, w, c] side by side, [n, h, w, c]. */
export const stacked = (pictures: readonly LabelledPicture[], { size, channels }: PictureSize): Float32Array => {
  const each = size * size * channels
  const out = new Float32Array(pictures.length * each)
  pictures.forEach(({ image }, i) => {
    if (image.length !== each) throw new RangeError(`picture ${i} has ${image.length} numbers: expected ${each}`)
    out.set(image, i * each)
  })
  return out
}

/** The place of the largest of so many scores from `first` on; the first of equal ones. */
export const named = (scores: Numbers, first: number, classes: number): number => {
  let best = 0
  for (let k = 1; k < classes; k++) if (element(scores, first + k) > element(scores, first + best)) best = k
  return best
}
