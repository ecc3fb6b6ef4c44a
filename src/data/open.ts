/** Data sets by name, as the command line gives them: `emoji`, or `idx:DIR` for a kind that needs a folder. */
import { access } from 'node:fs/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shown } from '../codec/codecs.ts'
import { nearest } from '../codec/nearest.ts'
import type { Dataset } from './dataset.ts'
import { type DataKind, kinds, type NeededPackage, usageOf } from './kinds.ts'

const exists = (path: string): T.Task<boolean> =>
  pipe(
    TE.tryCatch(
      () => access(path),
      () => 'there is none',
    ),
    TE.match(
      () => false,
      () => true,
    ),
  )

/** For a path without a kind, the kind that it most likely is; else the nearest name. */
const hint =
  (name: string, kind: string, table: readonly DataKind[]) =>
  (there: boolean): string => {
    const likely = there || /[/\\]|^[.~]/.test(name) ? table.find((one) => one.likely) : undefined
    const near = nearest(
      kind,
      table.map((one) => one.name),
    )
    if (near !== null && name.includes(':')) return `; did you mean ${near}?`
    if (likely !== undefined) return `; did you mean ${shown(`${likely.name}:${name}`)}?`
    return near === null ? '' : `; did you mean ${near}?`
  }

const unknown = (name: string, kind: string, table: readonly DataKind[]): TE.TaskEither<string, never> =>
  pipe(
    exists(name),
    T.map(hint(name, kind, table)),
    TE.fromTask,
    TE.chain((end) => TE.left(`unknown data ${shown(name)}: expected one of ${table.map(usageOf).join(', ')}${end}`)),
  )

const split = (name: string): readonly [kind: string, folder: string] => {
  const colon = name.indexOf(':')
  return colon < 0 ? [name, ''] : [name.slice(0, colon), name.slice(colon + 1)]
}

/** The packages that a data set needs besides the library, by its name; none where no kind has that name. */
export const companionsOf = (name: string, table: readonly DataKind[] = kinds): readonly NeededPackage[] => {
  const [kind] = split(name)
  return table.flatMap((one) => (one.name === kind && one.needs !== undefined ? one.needs : []))
}

/** Whether the data of this name are latents, not pictures. */
export const holdsLatents = (name: string, table: readonly DataKind[] = kinds): boolean => {
  const [kind] = split(name)
  return table.some((one) => one.name === kind && one.holds === 'latents')
}

/**
 * A data set of square images, loaded into memory; the error is one sentence.
 * @param name a kind of the table, with `:DIR` if it needs a folder
 * @param size height and width, 1 to 4096 pixels
 */
export const open = (
  name: string,
  size: number,
  table: readonly DataKind[] = kinds,
): TE.TaskEither<string, Dataset> => {
  const [kind, folder] = split(name)
  const of = table.find((one) => one.name === kind)
  if (of === undefined) return unknown(name, kind, table)
  if (!Number.isInteger(size) || size < 1 || size > 4096)
    return TE.left(`images cannot be ${size} x ${size}: expected 1 to 4096`)
  if (of.folder === 'none' && name.includes(':')) return TE.left(`data ${shown(name)}: ${kind} takes no folder`)
  if (of.folder === 'needed' && folder === '')
    return TE.left(`data ${shown(name)} names no folder: expected ${usageOf(of)}`)
  return of.open(folder, size)
}
