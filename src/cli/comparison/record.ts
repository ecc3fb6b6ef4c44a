/**
 * compare.json: what a comparison was asked, and what each of its runs has given so far. What decides the training stays as
 * it was begun, so that all runs of a folder may be compared; settings may be added.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { shown } from '../../codec/codecs.ts'
import { readText, writeAtomic } from '../../io/atomic.ts'
import { names } from '../../io/run.ts'
import { changes, fixedOf } from '../settings/fixed.ts'
import type { Catalogue } from '../settings/options.ts'
import { budgetCodec, budgetText } from './budget.ts'
import type { Entry } from './entries.ts'
import { judgedCodec } from './judged.ts'
import { standingCodec } from './standing.ts'

const asked = t.type({
  budget: budgetCodec,
  seeds: t.readonlyArray(t.number),
  backend: t.string,
  /** Null: one per processor. */
  threads: t.union([t.number, t.null]),
  data: t.string,
  /** Of the images. */
  fingerprint: t.string,
  settings: t.readonlyArray(
    t.type({
      name: t.string,
      /** FLOPs of one of its updates. */
      flops: t.number,
      /** By field: those that may not change. */
      fixed: t.readonly(t.record(t.string, t.unknown)),
    }),
  ),
})
export type Asked = Readonly<t.TypeOf<typeof asked>>

const outcome = t.type({
  /** Its folder within the comparison's. */
  run: t.string,
  setting: t.string,
  seed: t.number,
  standing: standingCodec,
  /** How the samples of the picture were made, as one text; null where none were drawn of this seed. */
  drawn: t.union([t.string, t.null]),
  /** Null where nobody judged its samples. */
  judged: judgedCodec,
  /** When its validation loss first stayed at or below the values of `--loss`; null where it did not. */
  times: t.readonlyArray(
    t.type({ loss: t.number, reached: t.union([t.null, t.type({ images: t.number, minutes: t.number })]) }),
  ),
})
/** A finished run. */
export type RunOutcome = Readonly<t.TypeOf<typeof outcome>>

const codec = t.type({ format: t.literal('diffit comparison 1'), asked, runs: t.readonlyArray(outcome) })
export type ComparisonRecord = Readonly<t.TypeOf<typeof codec>>

export const recordPath = (folder: string): string => join(folder, 'compare.json')

export const askedOf = (entries: readonly Entry[], about: Omit<Asked, 'settings'>, known: Catalogue): Asked => ({
  ...about,
  settings: entries.map(({ name, flops, settings }) => ({ name, flops, fixed: fixedOf(settings, known) })),
})

const decoded = (path: string, text: string): E.Either<string, ComparisonRecord> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      () => 'it is not JSON',
    ),
    E.chainW(codec.decode),
    E.mapLeft(() => `${path} is damaged: expected the record of a comparison. Remove it to have it made again`),
  )

/** Null where nothing was compared yet; a folder that holds other things is a Left. */
export const readComparison = (folder: string): TE.TaskEither<string, ComparisonRecord | null> =>
  pipe(
    readText(recordPath(folder)),
    TE.chainEitherK((text) => (text === null ? E.right(null) : decoded(recordPath(folder), text))),
    TE.chainFirst((record) =>
      record !== null
        ? TE.right(undefined)
        : pipe(
            names(folder),
            TE.filterOrElse(
              (found) => !found.includes('config.yaml'),
              () => `${folder} is a run, not a comparison: name another --out`,
            ),
          ),
    ),
  )

export const writeComparison = (folder: string, record: ComparisonRecord): TE.TaskEither<string, void> =>
  writeAtomic(recordPath(folder), `${JSON.stringify(record, null, 2)}\n`)

const other = 'give the same, or another --out'

/** Why a folder's comparison cannot go on with these arguments; null if it can. */
export const refused = (folder: string, before: Asked, now: Asked, entries: readonly Entry[]): string | null => {
  const threads = (n: number | null): string => (n === null ? 'one thread per processor' : `--threads ${n}`)
  const differences: readonly (readonly [string, string])[] = [
    [budgetText(before.budget), budgetText(now.budget)],
    [`--seed ${before.seeds.join()}`, `--seed ${now.seeds.join()}`],
    [`--backend ${before.backend}`, `--backend ${now.backend}`],
    [threads(before.threads), threads(now.threads)],
  ]
  const [differs] = differences.filter(([a, b]) => a !== b)
  if (differs !== undefined) return `${folder} was begun with ${differs[0]}, not ${differs[1]}: ${other}`
  if (before.fingerprint !== now.fingerprint)
    return `the images of ${now.data} are not those that ${folder} was begun with: ${other}`
  for (const { name, fixed } of before.settings) {
    const after = now.settings.find((setting) => setting.name === name)
    if (after === undefined) return `${folder} compares ${name} too: name it as well, or give another --out`
    const [change] = changes(fixed, after.fixed)
    const { word } = entries.find((entry) => entry.name === name) ?? { word: name }
    if (change !== undefined)
      return `${change.field} is ${shown(change.after)} in ${word}, but ${folder} was begun with ${shown(change.before)}: change it back, or give the file another name`
  }
  return null
}
