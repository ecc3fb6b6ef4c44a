/** safetensors files on disk: read array by array, written atomically. */
import { open } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shrunk, writeAtomic } from './atomic.ts'
import { type Opener, type OpenFile, reading } from './opener.ts'
import { isPickle, notPickles } from './pickle.ts'
import { reason } from './reason.ts'
import {
  collect,
  type Header,
  headerBytes,
  parseHeader,
  pieces,
  type SafeTensors,
  type Stored,
  stored,
  type Writable,
} from './safetensors.ts'

/** Reads into all of `bytes` those that begin at `begin`, which the file had when it was opened. */
export const fill = async (file: OpenFile, bytes: Uint8Array<ArrayBuffer>, begin: number): Promise<void> => {
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(bytes.length - done, 2 ** 30), begin + done)
    if (bytesRead === 0) throw new Error(shrunk)
    done += bytesRead
  }
}

/** Bytes `begin` to `begin + length`, which the file had when it was opened. */
const readFrom = async (file: OpenFile, begin: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = new Uint8Array(length)
  await fill(file, bytes, begin)
  return bytes
}

/** A header, and where the data begin. */
export interface Opened extends Header {
  /** Offset of the data. */
  readonly start: number
}

/** The header of an open file; allocates no more than the file's size justifies. No pickle is read further than its first bytes. */
export const readHeader = async (path: string, file: OpenFile): Promise<E.Either<string, Opened>> => {
  const { size } = await file.stat()
  const first = await readFrom(file, 0, Math.min(8, size))
  if (isPickle(path, first)) return E.left(notPickles(path))
  const length = headerBytes(first, size)
  if (E.isLeft(length)) return length
  const start = 8 + length.right
  return pipe(
    parseHeader(await readFrom(file, 8, length.right), size - start),
    E.map((header) => ({ ...header, start })),
  )
}

/** The result of `use` on an open file; every error names the path. */
export const withFile = <A>(
  path: string,
  from: Opener,
  use: (file: OpenFile) => Promise<E.Either<string, A>>,
): TE.TaskEither<string, A> =>
  pipe(
    TE.tryCatch(
      () => reading(from, path, use),
      (error) => `cannot read ${path}: ${reason(error)}`,
    ),
    TE.chainEitherK(E.mapLeft((what) => `${path}: ${what}`)),
  )

/** A file on disk, read array by array, so that files beyond 2 GiB work too. */
export const load = (path: string, from: Opener = open): TE.TaskEither<string, SafeTensors> =>
  withFile(path, from, async (file) => {
    const header = await readHeader(path, file)
    if (E.isLeft(header)) return header
    const { entries, metadata, start } = header.right
    const tensors: (readonly [string, Stored])[] = []
    for (const e of entries) {
      const one = stored(e, await readFrom(file, start + e.begin, e.end - e.begin))
      if (E.isLeft(one)) return one
      tensors.push(one.right)
    }
    return E.right(collect(metadata)(tensors))
  })

/** Only the metadata of a file on disk; the arrays are not read. */
export const loadMetadata = (path: string, from: Opener = open): TE.TaskEither<string, SafeTensors['metadata']> =>
  withFile(path, from, async (file) =>
    pipe(
      await readHeader(path, file),
      E.map(({ metadata }) => metadata),
    ),
  )

/** Writes a file atomically. */
export const save = (path: string, file: SafeTensors<Writable>): TE.TaskEither<string, void> =>
  pipe(
    TE.fromEither(pieces(file)),
    TE.mapLeft((what) => `cannot write ${path}: ${what}`),
    TE.chain((parts) => writeAtomic(path, parts)),
  )
