/**
 * Files at the edge: reading whole, and writing so that a reader (or a kill -9) never sees a torn file.
 *
 * Every failure is a Left of one sentence that names the path. It is not a cache or a lock: two writers of one path
 * both succeed, and the later one stays.
 */
import { randomBytes } from 'node:crypto'
import { open, readFile, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAGAIN: 'it is in use just now',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EFBIG: 'the file is larger than the system allows',
  EINTR: 'the system interrupted it',
  EINVAL: 'the system does not allow that there',
  EIO: 'the disk failed',
  EISDIR: 'it is a folder',
  ELOOP: 'a link that leads to itself',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many open files on this system',
  ENODEV: 'no such device',
  ENOENT: 'no such file or folder',
  ENOMEM: 'the system has no memory left',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a folder',
  ENOTEMPTY: 'the folder is not empty',
  ENXIO: 'no such device',
  EPERM: 'not permitted',
  EROFS: 'the disk is read-only',
  ESTALE: 'the network disk no longer knows it',
  ETIMEDOUT: 'the network disk does not answer',
  ETXTBSY: 'it is being executed',
  EXDEV: 'the two paths are on different disks',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
}

/** Why a call of the file system failed, in words. */
export const reason = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  return words[code] ?? (error instanceof Error ? error.message : String(error))
}

/** The whole file. */
export const readBytes = (path: string): TE.TaskEither<string, Uint8Array<ArrayBuffer>> =>
  TE.tryCatch(
    async () => {
      const bytes = await readFile(path)
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    },
    (error) => `cannot read ${path}: ${reason(error)}`,
  )

/** A name that only `writeAtomic` gives; such a file beside the others is what a killed process left, and may go. */
export const isTemporary = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name)

const write = async (path: string, parts: readonly Uint8Array[], create: typeof open): Promise<void> => {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  const file = await create(beside, 'wx')
  try {
    for (const part of parts) await file.writeFile(part)
    await file.sync()
    await file.close()
    await rename(beside, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await unlink(beside).catch(() => undefined)
    throw error
  }
  // the new name is safe after a power cut once the folder is; some systems cannot, and need not, sync folders
  const folder = await open(dirname(path), 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

/** Writes beside, syncs, renames: `path` holds its old content or all of the new. On failure nothing is left behind. */
export const writeAtomic = (
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
  create: typeof open = open,
): TE.TaskEither<string, void> =>
  TE.tryCatch(
    () =>
      write(
        path,
        typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content,
        create,
      ),
    (error) => `cannot write ${path}: ${reason(error)}`,
  )
