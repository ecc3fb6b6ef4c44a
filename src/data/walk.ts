/**
 * Every file below a folder, depth first, each folder sorted by name. Links are followed. A folder that contains itself is
 * a cycle and an error; one that is reached twice is skipped the second time, or its images would be on both sides of a
 * split.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Entry, type File, type Folder, type Hidden, list, type Unusable } from './folder.ts'

export type Leaf = File | Unusable | Hidden

const cycle = (path: string, holder: Folder): string =>
  `${path} is a link to ${holder.path}, which holds it: expected folders without cycles`

/** @param above the enclosing folders, outermost first. */
export const walk = (folder: Folder, above: readonly Folder[]): TE.TaskEither<string, readonly Leaf[]> => {
  const known = new Map<string, Folder>()
  const below = (at: Folder, holders: readonly Folder[]): TE.TaskEither<string, readonly Leaf[]> => {
    known.set(at.id, at)
    const leaves = (entry: Entry): TE.TaskEither<string, readonly Leaf[]> => {
      if (entry.kind !== 'folder') return TE.right([entry])
      const holder = [...holders, at].find(({ id }) => id === entry.id)
      if (holder !== undefined) return TE.left(cycle(entry.path, holder))
      const twin = known.get(entry.id)
      return twin === undefined
        ? below(entry, [...holders, at])
        : TE.right([{ ...entry, kind: 'unusable', reason: `it is ${twin.path} by another name` }])
    }
    return pipe(
      list(at.path),
      TE.chain(TE.traverseSeqArray(leaves)),
      TE.map((all) => all.flat()),
    )
  }
  const itself = above.find(({ id }) => id === folder.id)
  return pipe(
    TE.fromEither(itself === undefined ? E.right(folder) : E.left(cycle(folder.path, itself))),
    TE.chain((start) => below(start, above)),
  )
}
