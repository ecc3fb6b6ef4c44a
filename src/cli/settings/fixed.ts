/**
 * The settings that are fixed for a run's lifetime because they affect its results. A checkpoint stores those that it was
 * made with, so that later edits of config.yaml are detected.
 */
import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { anyFields, decodeWith, shown } from '../../codec/codecs.ts'
import { at, nested } from '../../codec/merged.ts'
import { suggestion } from '../../codec/nearest.ts'
import { text as keyText } from '../../random/key.ts'
import { keysOf } from '../keys.ts'
import { applying } from './applying.ts'
import { nameOf, type Row } from './option.ts'
import { type Catalogue, type Settings, standard } from './options.ts'

/** By field name: `training.batch`. */
export type Fixed = Readonly<Record<string, unknown>>

export interface Change {
  readonly field: string
  readonly before: unknown
  readonly after: unknown
}

/** @param values which fields there are where it depends on a value, nested as in config.yaml */
const fixedRows = (known: Catalogue, values: unknown): readonly Row[] =>
  applying(known, values).filter(({ about }) => !about.mayChange)

/** In the order of config.yaml. */
export const fixedOf = (s: Settings, known: Catalogue = standard): Fixed =>
  Object.fromEntries(fixedRows(known, s).map((row) => [nameOf(row), at(s, row.path)]))

/** Law: decodeFixed(encodeFixed(f)) = f. */
export const encodeFixed = (fixed: Fixed): string => JSON.stringify(fixed)

const subject = 'its record of settings'

/** A missing field is allowed (the file may be older than the field); an unknown one is an error. */
export const decodeFixed = (text: string, known: Catalogue = standard): E.Either<string, Fixed> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      () => `${subject} is not JSON`,
    ),
    E.chain((raw) => decodeWith(anyFields, raw, subject)),
    E.chain((raw) => {
      const rows = fixedRows(known, nested(Object.entries(raw).map(([field, value]) => [field.split('.'), value])))
      return E.traverseArray(([field, value]: readonly [string, unknown]) => {
        const row = rows.find((r) => nameOf(r) === field)
        return row === undefined
          ? E.left(`unknown setting "${field}": ${suggestion(field, rows.map(nameOf))}`)
          : pipe(
              decodeWith(row.codec, value, field),
              E.map((decoded) => [field, decoded] as const),
            )
      })(Object.entries(raw))
    }),
    E.map(Object.fromEntries),
  )

/** The differences, in the order of `after`; fields missing from `before` are skipped. */
export const changes = (before: Fixed, after: Fixed): readonly Change[] =>
  Object.keys(after)
    .filter((field) => Object.hasOwn(before, field) && !isDeepStrictEqual(before[field], after[field]))
    .map((field) => ({ field, before: before[field], after: after[field] }))

/** @param path of the file with the changed setting */
export const changeSentence = ({ field, before, after }: Change, path: string): string =>
  `${field} is ${shown(after)} in ${path}, but the run was started with ${shown(before)}: a run keeps its initial settings, so change it back, or start a new run with --config ${path} and another --out`

/** The settings of a run that is older than an option: what the option's default says. */
const beforeOptions = (s: Settings, known: Catalogue): Fixed =>
  Object.fromEntries(
    applying(known, s).flatMap((row) => (row.about.default === undefined ? [] : [[nameOf(row), row.about.default]])),
  )

/** The first setting in which a run's config.yaml differs from one of its checkpoints, as a sentence; null if none. */
export const changedSince = (
  { fixed, key }: { readonly fixed: Fixed | null; readonly key: string },
  settings: Settings,
  path: string,
  known: Catalogue,
): string | null => {
  const [change] =
    fixed === null ? [] : changes({ ...beforeOptions(settings, known), ...fixed }, fixedOf(settings, known))
  if (change !== undefined) return changeSentence(change, path)
  // checkpoints without settings still have the key derived from the seed
  return key === keyText(keysOf(settings.seed).root)
    ? null
    : `seed is ${settings.seed} in ${path}, but the run was started with another: change it back`
}
