/**
 * The endless stream of training images: position -> image, a function of the key and the position only. So an image does
 * not depend on batch or micro-batch sizes, on threads, or on stopping and resuming.
 *
 * Balanced data sets show every class once per cycle of as many positions as there are classes, in an order drawn for
 * that cycle; others show every item once per epoch. Items are shuffled within a class (or the whole set), each shown once
 * before any repeats; the variant and the mirroring are drawn for each position.
 */
import { element } from '../codec/element.ts'
import { bernoulli, fold, integer, type Key, permutation } from '../random/key.ts'
import type { Dataset, Groups } from './dataset.ts'
import type { Place } from './place.ts'

export type { Place } from './place.ts'

/** A training image of the stream. */
export interface Example {
  /** [h, w, c] in [-1, 1] */
  readonly image: Float32Array
  readonly label: number
  /** The position's own key; noise etc. may use its draws and its children below 2^32. */
  readonly key: Key
}
/** Training images of the stream, side by side. */
export interface Batch {
  /** [n, h, w, c] in [-1, 1] */
  readonly images: Float32Array
  /** [n]: classes, counted from 0. */
  readonly labels: Int32Array
  readonly keys: readonly Key[]
}
type Items = Groups[number]

/** Children of a position's key reserved for this file. */
const ofVariant = 2 ** 32
const ofFlip = 2 ** 32 + 1
/** The child of a position's key that is for the noise of its latents. */
export const ofLatents = 2 ** 32 + 2
/** Not a position: the child of the key that orders epochs. */
const ofOrder = Number.MAX_SAFE_INTEGER

/** [h, w, c] flipped left to right. */
export const mirrored = (image: Float32Array, size: number, channels: number): Float32Array =>
  image.map((_, i) => {
    const [row, x, c] = [Math.floor(i / (size * channels)), Math.floor(i / channels) % size, i % channels]
    return element(image, (row * size + size - 1 - x) * channels + c)
  })

/** Element number `visit` of an endless list: n items, reshuffled every epoch. Caches the last order only. */
const shuffled = (key: Key, n: number): ((visit: number) => number) => {
  let known = -1
  let order = permutation(key, 0)
  return (visit) => {
    const epoch = Math.floor(visit / n)
    if (epoch !== known) {
      known = epoch
      order = permutation(fold(key, epoch), n)
    }
    return element(order, visit % n)
  }
}

/** The item at each position. */
const itemsOf = ({ train, balanced }: Dataset, key: Key): ((position: number) => readonly number[]) => {
  const present = train.filter((items) => items.length > 0)
  const groups: readonly Items[] = balanced ? present : [present.flat()]
  const inTurn = shuffled(fold(key, 0), groups.length)
  const within = groups.map((items, c) => shuffled(fold(key, c + 1), items.length))
  return (position) => {
    const c = inTurn(position)
    return element(element(groups, c), element(within, c)(Math.floor(position / groups.length)))
  }
}

/** The stream of a key: position -> place, as `examples` shows it. A data set without training images is a RangeError. */
export const places = (dataset: Dataset, key: Key): ((position: number) => Place) => {
  if (dataset.train.every((items) => items.length === 0))
    throw new RangeError(`${dataset.name} has nothing to train on`)
  const item = itemsOf(dataset, fold(key, ofOrder))
  return (position) => {
    const own = fold(key, position)
    const variants = item(position)
    const index = element(variants, integer(fold(own, ofVariant), variants.length))
    const flips = dataset.flips[dataset.label(index)] === true
    return { index, isMirrored: flips && bernoulli(fold(own, ofFlip), 0.5, 1)[0] === 1, key: own }
  }
}

/**
 * The stream of a key: position -> example. Positions may be asked for in any order, again and again; asked for in order
 * they are fastest. A data set without training images is a RangeError.
 */
export const examples = (dataset: Dataset, key: Key): ((position: number) => Example) => {
  const place = places(dataset, key)
  const plainly = ({ index, isMirrored }: Place): Float32Array => {
    const image = dataset.image(index)
    return isMirrored ? mirrored(image, dataset.size, dataset.channels) : image
  }
  const { shown = plainly } = dataset
  return (position) => {
    const at = place(position)
    return { image: shown(at), label: dataset.label(at.index), key: at.key }
  }
}

const stacked = (dataset: Dataset, all: readonly Example[]): Batch => {
  const each = dataset.size * dataset.size * dataset.channels
  const images = new Float32Array(all.length * each)
  all.forEach(({ image }, j) => {
    images.set(image, j * each)
  })
  return { images, labels: Int32Array.from(all, ({ label }) => label), keys: all.map((example) => example.key) }
}

/** The stream of a key in batches: (imagesSeen, n) -> positions imagesSeen to imagesSeen + n - 1. */
export const batches = (dataset: Dataset, key: Key): ((imagesSeen: number, n: number) => Batch) => {
  const at = examples(dataset, key)
  return (imagesSeen, n) =>
    stacked(
      dataset,
      Array.from({ length: n }, (_, j) => at(imagesSeen + j)),
    )
}

/** Indices of at most n held-out images, one per item, cycling through the classes: the first n of m are the n. */
export const validationPictures = ({ heldOut }: Dataset, n: number): readonly number[] => {
  const deepest = Math.max(0, ...heldOut.map((items) => items.length))
  return Array.from({ length: deepest }, (_, j) => heldOut.flatMap((items) => items[j]?.[0] ?? []))
    .flat()
    .slice(0, n)
}

/** At most n held-out images (`validationPictures`), never mirrored, each with the key's child of its place. */
export const validation = (dataset: Dataset, key: Key, n: number): Batch =>
  stacked(
    dataset,
    validationPictures(dataset, n).map((i, j) => ({
      image: dataset.image(i),
      label: dataset.label(i),
      key: fold(key, j),
    })),
  )
