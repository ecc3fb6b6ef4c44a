/**
 * Where the moments of a data set's latents lie in the shards of a cache. A record holds the means and then the log-variances of
 * one view of a picture, [2, h, w, z] in half precision; a picture has one view, or two where its class may be mirrored: as it
 * is, and mirrored. Shards hold consecutive pictures.
 *
 * Half precision: its relative error of 2^-11 is 66 dB below the latents, far less than what an autoencoder loses, and halves the
 * disk and its traffic.
 */
import { element } from '../../codec/element.ts'

/** What decides the layout. */
export interface Listed {
  /** Height and width of the latents. */
  readonly size: number
  /** Channels of the latents. */
  readonly channels: number
  /** By picture. */
  readonly labels: readonly number[]
  /** By class. */
  readonly flips: readonly boolean[]
}

/** Consecutive pictures in one file. */
export interface Shard {
  readonly file: string
  /** Its first picture, and the one after its last. */
  readonly from: number
  readonly to: number
  readonly records: number
}

export interface Layout {
  readonly shards: readonly Shard[]
  /** Numbers of one moment of a view, h w z. */
  readonly each: number
  /** Bytes of a record. */
  readonly recordBytes: number
  /** The views of a picture: 1, or 2 where it may be mirrored. */
  readonly views: (picture: number) => number
  /** The shard of a picture's view, and the record's place in it. */
  readonly placeOf: (picture: number, isMirrored: boolean) => { readonly shard: Shard; readonly record: number }
}

/** Bounds of a shard: a kill loses at most the work of one, and a file is read and written at once. */
const mostPictures = 256
const mostBytes = 32 * 2 ** 20

/** The layout of a cache: a function of what it holds, never of how it was written. */
export const layoutOf = ({ size, channels, labels, flips }: Listed): Layout => {
  const each = size * size * channels
  const recordBytes = 2 * each * Float16Array.BYTES_PER_ELEMENT
  const views = (picture: number): number => (flips[element(labels, picture)] === true ? 2 : 1)
  const step = Math.max(1, Math.min(mostPictures, Math.floor(mostBytes / (2 * recordBytes))))
  const first = new Float64Array(labels.length + 1)
  for (let i = 0; i < labels.length; i++) first[i + 1] = element(first, i) + views(i)
  const shards = Array.from({ length: Math.ceil(labels.length / step) }, (_, k): Shard => {
    const [from, to] = [k * step, Math.min(labels.length, (k + 1) * step)]
    return {
      file: `shard-${String(k).padStart(6, '0')}.safetensors`,
      from,
      to,
      records: element(first, to) - element(first, from),
    }
  })
  return {
    shards,
    each,
    recordBytes,
    views,
    placeOf: (picture, isMirrored) => {
      if (isMirrored && views(picture) === 1) throw new RangeError(`picture ${picture} has no mirrored view`)
      const shard = shards[Math.floor(picture / step)]
      if (shard === undefined) throw new RangeError(`there is no picture ${picture}`)
      return { shard, record: element(first, picture) - element(first, shard.from) + (isMirrored ? 1 : 0) }
    },
  }
}
