/**
 * The entries of a data set's folder: links are followed, and anything that is neither a file nor a folder has a
 * reason.
 */
import type { BigIntStats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { reason } from '../io/reason.ts'

interface Named {
  readonly name: string
  readonly path: string
}
export interface File extends Named {
  readonly kind: 'file'
  readonly bytes: number
}
export interface Folder extends Named {
  readonly kind: 'folder'
  /** Equal for two names of one folder. */
  readonly id: string
}
/** Left out with its reason: a dangling link, a pipe, a file that the decoder does not read. */
export interface Unusable extends Named {
  readonly kind: 'unusable'
  readonly reason: string
}
export interface Hidden extends Named {
  readonly kind: 'hidden'
}
export type Entry = File | Folder | Unusable | Hidden

/** Device and inode. */
const idOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`

const entryOf = async (folder: string, name: string): Promise<Entry> => {
  const path = join(folder, name)
  if (name.startsWith('.')) return { kind: 'hidden', name, path }
  try {
    const found = await stat(path, { bigint: true })
    return found.isDirectory()
      ? { kind: 'folder', name, path, id: idOf(found) }
      : found.isFile()
        ? { kind: 'file', name, path, bytes: Number(found.size) }
        : { kind: 'unusable', name, path, reason: 'it is neither a file nor a folder' }
  } catch (error) {
    return { kind: 'unusable', name, path, reason: reason(error) }
  }
}

/** Sorted by code units, the same on every system. */
export const list = (path: string): TE.TaskEither<string, readonly Entry[]> =>
  TE.tryCatch(
    async () => {
      const names = (await readdir(path)).sort()
      const entries: Entry[] = []
      for (const name of names) entries.push(await entryOf(path, name))
      return entries
    },
    (error) => `cannot read ${path}: ${reason(error)}`,
  )

/** The folder itself. */
export const folderAt = (path: string): TE.TaskEither<string, Folder> =>
  TE.tryCatch(
    async () => ({ kind: 'folder', name: path, path, id: idOf(await stat(path, { bigint: true })) }),
    (error) => `cannot read ${path}: ${reason(error)}`,
  )
