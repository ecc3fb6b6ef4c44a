/**
 * Reading whole files, and writing them so that a reader (or a kill -9) never sees a partial file.
 *
 * Every failure is a Left of one sentence that names the path. It is not a cache or a lock: two writers of one path
 * both succeed, and the later one stays.
 */
import { randomBytes } from 'node:crypto'
import { open, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Opener, reading } from './opener.ts'
import { codeOf, isMissing, reason } from './reason.ts'

export { codeOf, reason }

/** The error for a file that shrinks while it is read. */
export const shrunk = 'it became shorter while it was read'

const whole = (path: string, from: Opener): Promise<Uint8Array<ArrayBuffer>> =>
  reading(from, path, async (file) => {
    const { size } = await file.stat()
    const bytes = await file.readFile()
    if (bytes.length < size) throw new Error(shrunk)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  })

/** The whole file, with its length when opened. */
export const readBytes = (path: string, from: Opener = open): TE.TaskEither<string, Uint8Array<ArrayBuffer>> =>
  TE.tryCatch(
    () => whole(path, from),
    (error) => `cannot read ${path}: ${reason(error)}`,
  )

/** The whole file as text; null if it does not exist. */
export const readText = (path: string, from: Opener = open): TE.TaskEither<string, string | null> =>
  TE.tryCatch(
    async () => {
      try {
        return Buffer.from(await whole(path, from)).toString()
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    (error) => `cannot read ${path}: ${reason(error)}`,
  )

/**
 * A temporary name used only by `writeAtomic` and `lock`; such a file is left over from a killed process and may be
 * deleted.
 */
export const isTemporary = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name)

/** Bytes per write, where parts are smaller. */
const pieceBytes = 2 ** 20

/** The same bytes in pieces of about `pieceBytes`, so that a file of hundreds of small arrays takes few writes. */
export const pieces = (parts: readonly Uint8Array[]): readonly Uint8Array[] => {
  const out: Uint8Array[] = []
  let [waiting, bytes]: [Uint8Array[], number] = [[], 0]
  const flush = (): void => {
    const [only, another] = waiting
    if (only !== undefined) out.push(another === undefined ? only : Buffer.concat(waiting))
    ;[waiting, bytes] = [[], 0]
  }
  for (const part of parts) {
    if (bytes + part.length > pieceBytes) flush()
    waiting.push(part)
    bytes += part.length
  }
  flush()
  return out
}

/** A failure of what makes the content of a file, not of writing it: a sentence of its own. */
export class ContentError extends Error {
  override readonly name = 'ContentError'
}

/** Bytes that are made while they are written: each is written before the next is asked for, which may be in its place. */
export type MadeContent = AsyncIterable<Uint8Array>

const isMade = (content: readonly Uint8Array[] | MadeContent): content is MadeContent => Symbol.asyncIterator in content

const write = async (path: string, parts: readonly Uint8Array[] | MadeContent, create: Opener): Promise<void> => {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  const file = await create(beside, 'wx')
  try {
    for await (const piece of isMade(parts) ? parts : pieces(parts)) await file.writeFile(piece)
    await file.sync()
    await file.close()
    await rename(beside, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await unlink(beside).catch(() => undefined)
    throw error
  }
  // the rename survives a power cut once the folder is synced; some systems cannot, and need not, sync folders
  const folder = await open(dirname(path), 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close().catch(() => undefined)
}

/** Some file systems report "no such file" where nothing can be written; a missing folder is for the user to create. */
const notWritten = async (path: string, error: unknown): Promise<string> => {
  const folder = dirname(path)
  const there = isMissing(error) && (await stat(folder).catch(() => undefined)) !== undefined
  return there ? `nothing can be written into ${folder}` : reason(error)
}

/**
 * Writes a temporary file, syncs, renames: `path` holds its old content or all of the new. On failure nothing is left
 * behind.
 */
export const writeAtomic =
  (
    path: string,
    content: string | Uint8Array | readonly Uint8Array[] | MadeContent,
    create: Opener = open,
  ): TE.TaskEither<string, void> =>
  async () => {
    const parts =
      typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content
    try {
      return E.right(await write(path, parts, create))
    } catch (error) {
      if (error instanceof ContentError) return E.left(error.message)
      return E.left(`cannot write ${path}: ${await notWritten(path, error)}`)
    }
  }
