/** Shards of a cache on disk: what identifies one, and single records read from any place of them. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { reason } from '../../io/reason.ts'
import { loadMetadata } from '../../io/safetensorsFile.ts'
import type { Layout, Shard } from './layout.ts'
import { manifestFormat } from './manifest.ts'

/** The moments of a view, [h, w, z] each. */
export interface MomentsOfOne {
  readonly mean: Float32Array
  readonly logVariance: Float32Array
}

/** Whose latents a shard holds. */
export interface Origin {
  /** The autoencoder, by the hash of its content. */
  readonly autoencoder: string
  /** Of the pictures. */
  readonly fingerprint: string
}

export type ShardMetadata = Readonly<Record<'format' | 'autoencoder' | 'fingerprint' | 'from' | 'to', string>>

export const shardMetadata = ({ autoencoder, fingerprint }: Origin, { from, to }: Shard): ShardMetadata => ({
  format: manifestFormat,
  autoencoder,
  fingerprint,
  from: String(from),
  to: String(to),
})

const meanings: readonly (readonly [keyof ShardMetadata, string])[] = [
  ['format', 'it is no shard of latents'],
  ['autoencoder', 'it was encoded by another autoencoder'],
  ['fingerprint', 'it was encoded from other pictures'],
  ['from', 'it holds other pictures'],
  ['to', 'it holds other pictures'],
]

/** Why a shard is not the one that is expected, as the end of a sentence that names it; null if it is. */
export const unlike = (found: Readonly<Record<string, string>>, expected: ShardMetadata): string | null =>
  meanings.find(([field]) => found[field] !== expected[field])?.[1] ?? null

/** The shards of a folder, if they all are there and what they should be; the error is one sentence that names the first other. */
export const checkedShards = (folder: string, { shards }: Layout, origin: Origin): TE.TaskEither<string, void> =>
  pipe(
    shards,
    TE.traverseSeqArray((shard) =>
      pipe(
        loadMetadata(join(folder, shard.file)),
        TE.chainEitherK((found) => {
          const why = unlike(found, shardMetadata(origin, shard))
          return why === null ? E.right(undefined) : E.left(`${join(folder, shard.file)}: ${why}`)
        }),
      ),
    ),
    TE.map(() => undefined),
  )

/** Reads all of the bytes at a place. */
const fill = (file: number, path: string, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, at + done)
    if (read === 0) throw new Error(`${path}: it became shorter while it was read`)
    done += read
  }
}

/**
 * A record by its picture and view: one read of the disk, nothing is kept, so that data larger than memory streams. The data of a
 * shard are at its end. A shard that cannot be read any more is an Error that names it.
 */
export const recordReader = (folder: string, { placeOf, recordBytes, each }: Layout) => {
  const read = (path: string, record: number, records: number): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(recordBytes)
    const file = openSync(path, 'r')
    try {
      fill(file, path, bytes, statSync(path).size - (records - record) * recordBytes)
    } finally {
      closeSync(file)
    }
    return bytes
  }
  return (picture: number, isMirrored: boolean): MomentsOfOne => {
    const { shard, record } = placeOf(picture, isMirrored)
    const path = join(folder, shard.file)
    try {
      const numbers = new Float32Array(new Float16Array(read(path, record, shard.records).buffer))
      return { mean: numbers.subarray(0, each), logVariance: numbers.subarray(each) }
    } catch (error) {
      throw new Error(`cannot read ${path}: ${reason(error)}`, { cause: error })
    }
  }
}
