/**
 * Single records read from any place of the shards of a cache. A shard that is lost, cut short or exchanged meanwhile is a
 * `DataLost`, never other numbers: the reader knows a file by its inode, size and time, and reads one that has changed as a whole,
 * which must then have the hash that it had.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { shrunk } from '../../io/atomic.ts'
import { reason } from '../../io/reason.ts'
import { headerBytes, parseHeader } from '../../io/safetensors.ts'
import { DataLost } from '../dataLost.ts'
import type { Layout, Shard } from './layout.ts'
import { intactShard, madeAgain, type Origin, shardMetadata, unlike } from './records.ts'

/** The moments of a view, [h, w, z] each. */
export interface MomentsOfOne {
  readonly mean: Float32Array
  readonly logVariance: Float32Array
}

/** What a shard was when it was first read. */
interface Seen {
  /** Of the file: another one, or another time, and it is read again as a whole. */
  readonly identity: string
  /** Of its content, as it says itself. */
  readonly hash: string | undefined
}

/** Reads all of the bytes at a place; an Error if there are fewer. */
const fill = (file: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, at + done)
    if (read === 0) throw new Error(shrunk)
    done += read
  }
}

const bytesAt = (file: number, at: number, length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length)
  fill(file, bytes, at)
  return bytes
}

const right = <A>(result: E.Either<string, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}

/** The metadata of a file of so many bytes, whose header describes all of them. */
const metadataOf = (file: number, size: number) => {
  const length = right(headerBytes(bytesAt(file, 0, Math.min(8, size)), size))
  return right(parseHeader(bytesAt(file, 8, length), size - 8 - length)).metadata
}

/**
 * A record by its picture and view: one read of the disk, nothing is kept but what identifies each shard, so that data larger than
 * memory streams. The data of a shard are at its end.
 */
export const recordReader = (folder: string, { placeOf, recordBytes, each }: Layout, origin: Origin) => {
  const known = new Map<string, Seen>()

  /** Notes a shard that is read for the first time, and checks one that has changed since. */
  const checked = (file: number, shard: Shard, size: number, identity: string): void => {
    const before = known.get(shard.file)
    if (before?.identity === identity) return
    const metadata = before === undefined ? metadataOf(file, size) : right(intactShard(readFileSync(file)))
    const why = unlike(metadata, shardMetadata(origin, shard))
    if (why !== null) throw new Error(why)
    if (before !== undefined && before.hash !== metadata.sha256) throw new Error('its content was exchanged meanwhile')
    known.set(shard.file, { identity, hash: metadata.sha256 })
  }

  const read = (path: string, shard: Shard, record: number): Uint8Array<ArrayBuffer> => {
    const file = openSync(path, 'r')
    try {
      const { size, ino, mtimeMs } = fstatSync(file)
      checked(file, shard, size, `${ino} ${size} ${mtimeMs}`)
      return bytesAt(file, size - (shard.records - record) * recordBytes, recordBytes)
    } finally {
      closeSync(file)
    }
  }

  return (picture: number, isMirrored: boolean): MomentsOfOne => {
    const { shard, record } = placeOf(picture, isMirrored)
    const path = join(folder, shard.file)
    try {
      const numbers = new Float32Array(new Float16Array(read(path, shard, record).buffer))
      return { mean: numbers.subarray(0, each), logVariance: numbers.subarray(each) }
    } catch (error) {
      throw new DataLost(`cannot read ${path}: ${reason(error)}; ${madeAgain}`, { cause: error })
    }
  }
}
