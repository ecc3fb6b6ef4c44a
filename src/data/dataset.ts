/**
 * A data set as a value: pictures by number, their classes, and which of them are trained on and which are held out.
 *
 * It holds every picture in memory as bytes and knows no files; `open` makes one of a name. Nothing here is drawn at
 * random: see batches.ts.
 */

import { createHash } from 'node:crypto'
import { element } from '../codec/element.ts'
import { fold, key, permutation } from '../random/key.ts'

/** Numbers of pictures by class and item; the pictures of one item are variants of one thing. */
export type Groups = readonly (readonly (readonly number[])[])[]

export interface Dataset {
  readonly name: string
  readonly classes: readonly string[]
  readonly channels: 1 | 3
  /** Height and width. */
  readonly size: number
  readonly count: number
  /** Picture i as [h, w, c] in [-1, 1]. */
  readonly image: (i: number) => Float32Array
  readonly label: (i: number) => number
  /** By class: may a picture be mirrored left to right? */
  readonly flips: readonly boolean[]
  /** Are classes drawn equally often, or as often as they have pictures? */
  readonly balanced: boolean
  readonly train: Groups
  readonly heldOut: Groups
  /** Sentences for the user about what the files hold and the data set does not; no part of the fingerprint. */
  readonly notices: readonly string[]
  /** Equal for equal content: a run that resumes compares it. */
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

/** Every picture an item of its own, by class; pictures from..to of the labels. */
export const singles = (labels: Uint8Array | Uint16Array, classes: number, from: number, to: number): Groups => {
  const groups = Array.from({ length: classes }, (): (readonly number[])[] => [])
  for (let i = from; i < to; i++) element(groups, element(labels, i)).push([i])
  return groups
}

/** Any key does, but it must never change, or a resumed run would train on what it was validated on. */
const splitKey = key(20231204)

/** Holds one item of `oneIn` out of every class, whole with its variants; a class of one item keeps it. */
export const holdOut = (groups: Groups, oneIn = 16): { readonly train: Groups; readonly heldOut: Groups } => {
  const split = groups.map((items, c) => {
    const held = items.length < 2 ? 0 : Math.max(1, Math.round(items.length / oneIn))
    const order = permutation(fold(splitKey, c), items.length)
    const out = new Set(order.subarray(0, held))
    return { train: items.filter((_, i) => !out.has(i)), heldOut: items.filter((_, i) => out.has(i)) }
  })
  return { train: split.map((s) => s.train), heldOut: split.map((s) => s.heldOut) }
}

/** Bytes to [-1, 1]; a plain loop, since every image of a run comes this way. */
const scaled = (bytes: Uint8Array): Float32Array => {
  const out = new Float32Array(bytes.length)
  for (let i = 0; i < out.length; i++) out[i] = element(bytes, i) / 127.5 - 1
  return out
}
