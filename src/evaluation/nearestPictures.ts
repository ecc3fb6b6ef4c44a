/**
 * The nearest of many pictures in pixels, exactly: a picture is compared in full only with those whose coarse picture is near
 * enough, because the distance of two pictures is at least the distance of their block means times the root of a block's
 * pixels (Jensen).
 *
 * Pictures are bytes; distances are in the units of [-1, 1], as the root of the sum over the pixels and channels.
 */
import { element } from '../codec/element.ts'

/** Pictures to be found, and which of them are found mirrored too. */
export interface Gallery {
  readonly size: number
  readonly channels: number
  readonly count: number
  /** [count, h, w, c] */
  readonly pixels: Uint8Array
  /** [count]: 1 where the picture mirrored left to right counts as a picture too. */
  readonly mirrored: Uint8Array
}

/** The nearest picture, and its distance. */
export interface Nearest {
  readonly index: number
  readonly mirrored: boolean
  readonly distance: number
}

/** Bytes between two pictures' values -1 and 1, halved. */
const scale = 127.5

/** The largest divisor of a size up to 4: the side of a block. */
const blockOf = (size: number): number => [4, 3, 2].find((side) => size % side === 0) ?? 1

/** Block sums [h/b, w/b, c] of a picture. */
const coarse = (picture: ArrayLike<number>, size: number, channels: number): Float32Array => {
  const side = blockOf(size)
  const wide = size / side
  const out = new Float32Array(wide * wide * channels)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let c = 0; c < channels; c++) {
        const to = (Math.floor(y / side) * wide + Math.floor(x / side)) * channels + c
        out[to] = element(out, to) + element(picture, (y * size + x) * channels + c)
      }
  return out
}

/** [h, w, c] mirrored left to right. */
const mirrored = (picture: Uint8Array, size: number, channels: number): Uint8Array =>
  picture.map((_, at) => {
    const [row, x, c] = [Math.floor(at / (size * channels)), Math.floor(at / channels) % size, at % channels]
    return element(picture, (row * size + size - 1 - x) * channels + c)
  })

/** The squared distance of the parts, or some number of at least `enough` where it is at least that. */
const apart = (x: Uint8Array, of: Uint8Array, from: number, enough: number): number => {
  let sum = 0
  for (let at = 0; at < x.length; ) {
    const end = Math.min(x.length, at + 256)
    for (; at < end; at++) {
      const d = (x[at] ?? Number.NaN) - (of[from + at] ?? Number.NaN)
      sum += d * d
    }
    if (sum >= enough) return sum
  }
  return sum
}

/** Of every picture at least how far it is, squared. */
const lowerBounds = (blocks: Float32Array, x: Float32Array, count: number, pixelsOfBlock: number): Float64Array => {
  const out = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const from = i * x.length
    let sum = 0
    for (let k = 0; k < x.length; k++) {
      const d = (x[k] ?? Number.NaN) - (blocks[from + k] ?? Number.NaN)
      sum += d * d
    }
    out[i] = sum / pixelsOfBlock
  }
  return out
}

interface Found {
  readonly index: number
  readonly squared: number
}

/** The nearest of a gallery to any picture [h, w, c] of bytes. A RangeError where there is none, or of another size. */
export const nearestIn = (gallery: Gallery): ((picture: Uint8Array) => Nearest) => {
  const { size, channels, count, pixels } = gallery
  const each = size * size * channels
  if (count === 0) throw new RangeError('there are no pictures to look for the nearest in')
  if (pixels.length !== count * each)
    throw new RangeError(`${pixels.length} bytes of pictures: expected ${count * each}, for ${count} of ${each}`)
  const pooled = Array.from({ length: count }, (_, i) =>
    coarse(pixels.subarray(i * each, (i + 1) * each), size, channels),
  )
  const width = element(pooled, 0).length
  const blocks = new Float32Array(count * width)
  pooled.forEach((one, i) => {
    blocks.set(one, i * width)
  })
  const search = (x: Uint8Array, counts: (i: number) => boolean, limit: Found): Found => {
    const bounds = lowerBounds(blocks, coarse(x, size, channels), count, blockOf(size) ** 2)
    const nearer = (best: Found, i: number): Found => {
      if (!(element(bounds, i) < best.squared) || !counts(i)) return best
      const squared = apart(x, pixels, i * each, best.squared)
      return squared < best.squared ? { index: i, squared } : best
    }
    let likely = 0
    for (let i = 1; i < count; i++) if (element(bounds, i) < element(bounds, likely)) likely = i
    let best = nearer(limit, likely)
    for (let i = 0; i < count; i++) best = nearer(best, i)
    return best
  }
  const anyMirrored = gallery.mirrored.includes(1)
  return (picture) => {
    if (picture.length !== each) throw new RangeError(`a picture of ${picture.length} numbers: expected ${each}`)
    const plain = search(picture, () => true, { index: 0, squared: Number.POSITIVE_INFINITY })
    const turned = anyMirrored
      ? search(mirrored(picture, size, channels), (i) => element(gallery.mirrored, i) === 1, plain)
      : plain
    const best = turned.squared < plain.squared ? turned : plain
    return { index: best.index, mirrored: best !== plain, distance: Math.sqrt(best.squared) / scale }
  }
}
