/** Reading files and folders of a data set; every failure is one sentence that names the path. */
import { readdir, readFile } from 'node:fs/promises'
import * as TE from 'fp-ts/lib/TaskEither.js'

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'it is not a folder',
}

const sentence =
  (path: string) =>
  (error: unknown): string => {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
    return `cannot read ${path}: ${words[code] ?? (error instanceof Error ? error.message : String(error))}`
  }

export const readBytes = (path: string): TE.TaskEither<string, Uint8Array> =>
  TE.tryCatch(() => readFile(path), sentence(path))

/** Names in a folder, hidden ones left out, in the order of their code units on every system. */
export const list = (
  path: string,
): TE.TaskEither<string, readonly { readonly name: string; readonly folder: boolean }[]> =>
  TE.tryCatch(async () => {
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter(({ name }) => !name.startsWith('.'))
      .map((entry) => ({ name: entry.name, folder: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }, sentence(path))
