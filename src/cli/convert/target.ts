/** Where a conversion writes: a file, or a folder that gets the file and its card, README.md. */
import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
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

/** Makes the folder; one with a README.md that is not ours is refused, before anything is written. */
export const prepareTarget = async ({ folder }: Target): Promise<void> => {
  if (folder === null) return
  await must(makeFolder(folder))
  const before = await must(readText(cardIn(folder)))
  if (before !== null && !before.startsWith(frontMatter))
    fail(`${cardIn(folder)} is there, and no card of ours: name another folder, or a file`)
}

/** Writes the card of a folder. */
export const writeCard = ({ file, folder }: Target, about: Omit<Carded, 'file'>): TE.TaskEither<string, void> =>
  folder === null
    ? TE.right(undefined)
    : pipe(modelCard({ ...about, file: basename(file) }), (text) => writeAtomic(cardIn(folder), `${text}\n`))
