/** Where a conversion writes: a file, or a folder that gets the file and its card, README.md. */
import { stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Carded, frontMatter, modelCard } from '../../interchange/modelCard.ts'
import { readText, writeAtomic } from '../../io/atomic.ts'
import { makeFolder } from '../../io/makeFolder.ts'
import { fail, must } from '../errors.ts'

export interface Target {
  /** The file of parameters. */
  readonly file: string
  /** The folder that gets a card too; null where a file was named. */
  readonly folder: string | null
}

/** A folder is one that is there, or a name without extension or with a separator at its end. */
export const targetMeant = async (to: string, extension: string): Promise<Target> => {
  const isFolder = await stat(to).then(
    (found) => found.isDirectory(),
    () => extname(to) === '' || /[/\\]$/.test(to),
  )
  return isFolder ? { file: join(to, `model${extension}`), folder: to } : { file: to, folder: null }
}

const cardIn = (folder: string): string => join(folder, 'README.md')

/** Refuses a folder with a README.md that is not ours, before anything is written. */
export const requireOurs = async ({ folder }: Target): Promise<void> => {
  if (folder === null) return
  const before = await must(readText(cardIn(folder)))
  if (before !== null && !before.startsWith(frontMatter))
    fail(`${cardIn(folder)} is there, and no card of ours: name another folder, or a file`)
}

/** Makes the folder that the file is written to. */
export const makeTarget = ({ file }: Target): TE.TaskEither<string, unknown> => makeFolder(dirname(file))

/** Writes the card of a folder. */
export const writeCard = ({ file, folder }: Target, about: Omit<Carded, 'file'>): TE.TaskEither<string, void> =>
  folder === null
    ? TE.right(undefined)
    : pipe(modelCard({ ...about, file: basename(file) }), (text) => writeAtomic(cardIn(folder), `${text}\n`))
