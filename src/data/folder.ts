/** What is in a folder of a data set. */
import { readdir } from 'node:fs/promises'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { reason } from '../io/atomic.ts'

/** Names in a folder, hidden ones left out, in the order of their code units on every system. */
export const list = (
  path: string,
): TE.TaskEither<string, readonly { readonly name: string; readonly folder: boolean }[]> =>
  TE.tryCatch(
    async () => {
      const entries = await readdir(path, { withFileTypes: true })
      return entries
        .filter(({ name }) => !name.startsWith('.'))
        .map((entry) => ({ name: entry.name, folder: entry.isDirectory() }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    (error) => `cannot read ${path}: ${reason(error)}`,
  )
