/**
 * Creating a folder and its parents, with the reason if that fails.
 *
 * Some file systems (/proc, some network disks) report "no such file" where nothing can be created: Node's own recursive
 * mkdir retries there for ever. So each folder is created separately, and the error names the nearest existing one.
 */
import { lstat, mkdir, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { isMissing, reason } from './reason.ts'

type Found = 'folder' | 'other' | 'nothing'
const found = (path: string): Promise<Found> =>
  stat(path).then(
    (at) => (at.isDirectory() ? 'folder' : 'other'),
    () => 'nothing',
  )
const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (at) => at.isSymbolicLink(),
    () => false,
  )

/** The path itself, or its first ancestor that exists. */
const nearestExisting = async (path: string): Promise<string> =>
  dirname(path) === path || (await found(path)) !== 'nothing' ? path : nearestExisting(dirname(path))

/** Why nothing could be created at this path. */
const notMade = async (path: string, error: unknown): Promise<string> => {
  const whole = resolve(path)
  const nearest = await nearestExisting(whole)
  if ((await found(nearest)) === 'other') return `${nearest} is not a folder`
  const missing = join(nearest, relative(nearest, whole).split(sep, 1).join(''))
  if (await isLink(missing)) return `${missing} is a link to nothing`
  return isMissing(error) ? `nothing can be written into ${nearest}` : reason(error)
}

const make = async (path: string): Promise<void> => {
  if ((await found(path)) === 'folder') return
  if (dirname(path) !== path && (await found(dirname(path))) === 'nothing') await make(dirname(path))
  // another process may create it meanwhile
  await mkdir(path).catch(async (error) => {
    if ((await found(path)) !== 'folder') throw error
  })
}

/** An existing folder is accepted. */
export const makeFolder =
  (path: string): TE.TaskEither<string, void> =>
  async () => {
    try {
      return E.right(await make(resolve(path)))
    } catch (error) {
      return E.left(`cannot make the folder ${path}: ${await notMade(path, error)}`)
    }
  }
