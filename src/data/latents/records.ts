/** Shards of a cache on disk: what identifies one, and whether one is what it should be. shardReader.ts reads their records. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { compared, hashedHeader } from '../../io/hashedContent.ts'
import { reason } from '../../io/reason.ts'
import { type Header, headerBytes, parseHeader } from '../../io/safetensors.ts'
import type { Layout, Shard } from './layout.ts'
import { manifestFormat } from './manifest.ts'

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

/** How shards that are lost or damaged come back, as the end of a sentence that names one. */
export const madeAgain = 'encode the pictures into its folder again, which makes only what is missing or damaged'

/** The metadata of a whole shard, unless its content has another hash; its numbers are hashed as the file has them. */
export const intactShard = (bytes: Uint8Array<ArrayBuffer>): E.Either<string, Header['metadata']> =>
  pipe(
    headerBytes(bytes.subarray(0, 8), bytes.length),
    E.chain((length) => {
      const data = bytes.subarray(8 + length)
      return pipe(
        parseHeader(bytes.subarray(8, 8 + length), data.length),
        E.chain(({ metadata, entries }) => {
          const said = hashedHeader(
            metadata,
            entries.map((one) => [one.name, one]),
          )
          return compared({ metadata }, createHash('sha256').update(said).update(data).digest('hex'), true)
        }),
      )
    }),
    E.map(({ metadata }) => metadata),
  )

/** What is in the place of a shard: its metadata, or why it is not whole; a file that cannot be read is a Left of one sentence. */
export const shardAt = (path: string): TE.TaskEither<string, ReturnType<typeof intactShard>> =>
  pipe(
    TE.tryCatch(
      () => readFile(path),
      (error) => `cannot read ${path}: ${reason(error)}`,
    ),
    TE.map(intactShard),
  )

const checked = (path: string, expected: ShardMetadata): TE.TaskEither<string, void> =>
  pipe(
    shardAt(path),
    TE.chainEitherK(E.mapLeft((what) => `${path}: ${what}`)),
    TE.mapLeft((what) => `${what}; ${madeAgain}`),
    TE.chainEitherK((metadata) => {
      const why = unlike(metadata, expected)
      return why === null ? E.right(undefined) : E.left(`${path}: ${why}`)
    }),
  )

/**
 * The shards of a folder, if they all are there, whole and what they should be; the error is one sentence that names the first
 * other. One is read at a time.
 */
export const checkedShards = (folder: string, { shards }: Layout, origin: Origin): TE.TaskEither<string, void> =>
  pipe(
    shards,
    TE.traverseSeqArray((shard) => checked(join(folder, shard.file), shardMetadata(origin, shard))),
    TE.map(() => undefined),
  )
