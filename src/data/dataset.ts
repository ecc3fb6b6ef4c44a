/**
 * A data set as a value: images by index, their classes, and which are for training and which are held out.
 *
 * It holds every image in memory as bytes, independent of files; `open` loads one by name. Nothing here is random: see
 * batches.ts.
 */

import { createHash } from 'node:crypto'
import { element } from '../codec/element.ts'
import { fold, key, permutation } from '../random/key.ts'

/** Image indices by class and item; the images of one item are variants of one thing. */
export type Groups = readonly (readonly (readonly number[])[])[]

export interface Dataset {
  readonly name: string
  readonly classes: readonly string[]
  readonly channels: 1 | 3
  /** Height and width. */
  readonly size: number
  readonly count: number
  /** Image i as [h, w, c] in [-1, 1]. */
  readonly image: (i: number) => Float32Array
  readonly label: (i: number) => number
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

export interface Parts extends Omit<Dataset, 'count' | 'image' | 'label' | 'fingerprint'> {
  /** [count, h, w, c]: 0 is -1, 255 is 1. */
  readonly pixels: Uint8Array
  readonly labels: Uint8Array | Uint16Array
}

export const dataset = ({ pixels, labels, ...about }: Parts): Dataset => {
  const each = about.size * about.size * about.channels
  const { name: _name, notices: _notices, ...content } = about // a folder may move
  const hash = createHash('sha256').update(JSON.stringify(content)).update(labels).update(pixels)
  return {
    ...about,
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
export const holdOut = (groups: Groups, oneIn = 16): { readonly train: Groups; readonly heldOut: Groups } => {
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
