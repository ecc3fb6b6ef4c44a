/**
 * A data set as a value: images by index, their classes, and which are for training and which are held out.
 *
 * It holds every image in memory as bytes, independent of files; `open` loads one by name. Nothing here is random: see
 * batches.ts.
 */

import { createHash } from 'node:crypto'
import { element } from '../codec/element.ts'
import { fold, key, permutation } from '../random/key.ts'
import type { Place } from './place.ts'

/** Image indices by class and item; the images of one item are variants of one thing. */
export type Groups = readonly (readonly (readonly number[])[])[]

/** What latents were encoded from, and by what. */
export interface EncodedFrom {
  /** The autoencoder, by the hash of its content. */
  readonly autoencoder: string
  /** The pictures: the name of their data, as `--data` takes it, their fingerprint, and their shape. */
  readonly data: string
  readonly fingerprint: string
  readonly picture: { readonly size: number; readonly channels: number }
  /** Of each channel of the latents: an image is (latents - mean) / std. */
  readonly scale: { readonly mean: readonly number[]; readonly std: readonly number[] }
  /** The same data set, whose stream shows the means of latents in place of samples. */
  readonly means: Dataset
}

/** A data set: images by index, their classes, and which are held out. */
export interface Dataset {
  readonly name: string
  readonly classes: readonly string[]
  /** 1 or 3 of pictures; as many as they have of latents. */
  readonly channels: number
  /** Height and width. */
  readonly size: number
  readonly count: number
  /** Image i as [h, w, c] in [-1, 1]. */
  readonly image: (i: number) => Float32Array
  readonly label: (i: number) => number
  /** The image [h, w, c] at a place of the stream; absent: `image`, mirrored pixel by pixel where the place is. */
  readonly shown?: (place: Place) => Float32Array
  /** Of latents: what they were encoded from. */
  readonly encoded?: EncodedFrom
  /** By class: whether images may be mirrored left to right. */
  readonly flips: readonly boolean[]
  /** Whether classes are drawn equally often, or in proportion to their images. */
  readonly balanced: boolean
  readonly train: Groups
  readonly heldOut: Groups
  /** Messages for the user about parts of the files that the data set leaves out; not part of the fingerprint. */
  readonly notices: readonly string[]
  /** Equal for equal content: a resumed run compares it. */
  readonly fingerprint: string
}

/** Which images are for training, and which are held out for validation. */
export interface Split {
  readonly train: Groups
  readonly heldOut: Groups
}

/** What a data set is made from. */
export interface Parts {
  readonly name: string
  /** The names of the classes; one for images without classes. */
  readonly classes: readonly string[]
  readonly channels: 1 | 3
  /** Height and width, in pixels. */
  readonly size: number
  /** [count, h, w, c]: 0 is -1, 255 is 1. */
  readonly pixels: Uint8Array
  /** [count]: the class of each image, counted from 0. */
  readonly labels: Uint8Array | Uint16Array
  /** By class: whether its images may be mirrored left to right. Default: none. */
  readonly flips?: readonly boolean[]
  /** Whether classes are drawn equally often. Default: in proportion to their images. */
  readonly balanced?: boolean
  /** Default: one image in sixteen of every class is held out. */
  readonly split?: Split
  /** Default: none. */
  readonly notices?: readonly string[]
}

/** Throws a RangeError where the parts do not fit together. */
const checked = ({ name, classes, channels, size, pixels, labels, flips }: Parts): void => {
  const refuse = (what: string): never => {
    throw new RangeError(`${name}: ${what}`)
  }
  const each = size * size * channels
  if (pixels.length !== labels.length * each)
    refuse(
      `${pixels.length} bytes of pixels: expected ${labels.length * each}, for ${labels.length} labels and images of ${size} x ${size} x ${channels}`,
    )
  const wrong = labels.findIndex((label) => label >= classes.length)
  if (wrong >= 0)
    refuse(`label ${wrong} is ${labels[wrong]}: expected less than ${classes.length}, the number of classes`)
  if (flips !== undefined && flips.length !== classes.length)
    refuse(`flips has ${flips.length} entries: expected ${classes.length}, one per class`)
}

/** A data set in memory. Parts that do not fit together are a RangeError. */
export const dataset = (parts: Parts): Dataset => {
  checked(parts)
  const { name, classes, channels, size, pixels, labels } = parts
  const { flips = classes.map(() => false), balanced = false, notices = [] } = parts
  const { train, heldOut } = parts.split ?? holdOut(singles(labels, classes.length, 0, labels.length))
  const each = size * size * channels
  // neither the name nor the notices: a folder may move. The order of the fields is part of every run's fingerprint
  const content = { classes, channels, size, flips, balanced, train, heldOut }
  const hash = createHash('sha256').update(JSON.stringify(content)).update(labels).update(pixels)
  return {
    ...content,
    name,
    notices,
    count: labels.length,
    image: (i) => scaled(pixels.subarray(i * each, (i + 1) * each)),
    label: (i) => element(labels, i),
    fingerprint: hash.digest('hex').slice(0, 16),
  }
}

/** Every image as its own item, by class; images from..to of the labels. */
export const singles = (labels: Uint8Array | Uint16Array, classes: number, from: number, to: number): Groups => {
  const groups = Array.from({ length: classes }, (): (readonly number[])[] => [])
  for (let i = from; i < to; i++) element(groups, element(labels, i)).push([i])
  return groups
}

/** Any key will do, but it must never change, or a resumed run would train on its validation images. */
const splitKey = key(20231204)

/** Holds out one item in `oneIn` of every class, with all its variants; a class of one item keeps it for training. */
export const holdOut = (groups: Groups, oneIn = 16): Split => {
  const split = groups.map((items, c) => {
    const held = items.length < 2 ? 0 : Math.max(1, Math.round(items.length / oneIn))
    const order = permutation(fold(splitKey, c), items.length)
    const out = new Set(order.subarray(0, held))
    return { train: items.filter((_, i) => !out.has(i)), heldOut: items.filter((_, i) => out.has(i)) }
  })
  return { train: split.map((s) => s.train), heldOut: split.map((s) => s.heldOut) }
}

/** Bytes to [-1, 1]; a plain loop, since every image of a run passes through it. */
const scaled = (bytes: Uint8Array): Float32Array => {
  const out = new Float32Array(bytes.length)
  for (let i = 0; i < out.length; i++) out[i] = element(bytes, i) / 127.5 - 1
  return out
}
