/** A command's flags as declared to commander, and their decoded values. */
import { type Command, Option as Flag } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { shown, yesOrNo } from '../../codec/codecs.ts'
import { at, nested } from '../../codec/merged.ts'
import { Variants } from '../../codec/variants.ts'
import { calls } from './calls.ts'
import { type CommandName, decodeFlags, keyOf, nameOf, parentOf, type Row, rowsOf } from './option.ts'
import { type Catalogue, type OptionsOf, standard } from './options.ts'

const keyOfRow = ({ about }: Row): string | undefined => (about.flag === undefined ? undefined : keyOf(about.flag))

/** The flags of a command, and those of its parent that it does not say itself; required ones first. */
const rowsFor = (command: CommandName, { rows }: Catalogue): readonly Row[] => {
  const all = [...rows, ...rowsOf(calls)]
  const of = (name: CommandName): readonly Row[] => all.filter(({ about }) => about.of?.includes(name) === true)
  const own = of(command)
  const parent = parentOf(command)
  const inherited = parent === null ? [] : of(parent)
  const others = inherited.filter((row) => own.every((mine) => keyOfRow(mine) !== keyOfRow(row)))
  const required = [...others, ...own].filter(({ about }) => about.required === true)
  return [...required, ...[...own, ...others].filter((row) => !required.includes(row))]
}

const isGiven =
  <C extends CommandName>(command: C, known: Catalogue) =>
  (u: Readonly<Record<string, unknown>>): u is OptionsOf<C> =>
    rowsFor(command, known).every(({ codec, about }) => {
      const value = about.flag === undefined ? undefined : u[keyOf(about.flag)]
      return value === undefined ? about.required !== true : codec.is(value)
    })

/** A command's flags as parsed by commander, decoded; the error names the flag. */
export const decodeOptions = <C extends CommandName>(
  command: C,
  raw: unknown,
  known: Catalogue = standard,
): E.Either<string, OptionsOf<C>> =>
  pipe(
    decodeFlags(rowsFor(command, known), raw),
    E.filterOrElse(isGiven(command, known), () => `the options of ${command} are not what was expected`),
  )

/** The rows that a command's flags set, with their values. */
const flagValues = (command: CommandName, o: { readonly [key: string]: unknown }, rows: readonly Row[]) => {
  const said = new Map(Object.entries(o))
  return rows.flatMap((row) => {
    const { flag, of } = row.about
    const value = flag !== undefined && of?.includes(command) === true ? said.get(keyOf(flag)) : undefined
    return value === undefined || flag === undefined ? [] : [{ row, flag, value }]
  })
}

/** The settings among a command's options, nested as in config.yaml. */
export const settingsFrom = <C extends CommandName>(
  command: C,
  o: OptionsOf<C>,
  { rows }: Catalogue = standard,
): unknown => nested(flagValues(command, o, rows).map(({ row, value }) => [row.path, value]))

/** Why these options cannot be given with --resume; null if they can. */
export const refusedWithResume = (o: OptionsOf<'train'>, known: Catalogue = standard): string | null => {
  const refused = flagValues('train', o, rowsFor('train', known)).find(({ row }) => !row.about.mayChange)
  return refused === undefined
    ? null
    : `${refused.flag.split(' ')[0]} cannot be given with --resume: a run keeps the settings in its config.yaml`
}

/**
 * The sentence about a flag that has no effect under these settings, for they lack the value that it goes with; null if there is
 * none. A file may say what another value would need: it is not asked.
 */
export const withoutEffect = <C extends CommandName>(
  command: C,
  o: OptionsOf<C>,
  settings: unknown,
  known: Catalogue = standard,
): string | null => {
  for (const { row, flag, value } of flagValues(command, o, rowsFor(command, known))) {
    const { effectiveWith } = row.about
    if (effectiveWith === undefined) continue
    const { path, flag: other, values } = effectiveWith
    const chosen = at(settings, path)
    if (values.some((name) => name === chosen)) continue
    return `${flag.split(' ')[0]} is ${shown(value)}, but ${path.at(-1)} is ${shown(chosen)}: expected ${other} ${values.join(' or ')}`
  }
  return null
}

const helpOf = ({ help, default: usual }: Row['about']): string =>
  usual === undefined || usual === null || usual === '' ? help : `${help} (default: ${usual})`

/** A setting that is yes or no may be yes in a file: a flag says no to it. */
const opposite = ({ path, codec, about }: Row): readonly Flag[] =>
  codec === yesOrNo && path.length > 1 && about.flag !== undefined
    ? [new Flag(about.flag.replace('--', '--no-'), `not ${about.flag}, where the run's own settings have it`)]
    : []

export const addFlags = (command: Command, name: CommandName, known: Catalogue = standard): Command =>
  rowsFor(name, known)
    .flatMap((row) =>
      row.about.flag === undefined ? [] : [new Flag(row.about.flag, helpOf(row.about)), ...opposite(row)],
    )
    .reduce((c, flag) => c.addOption(flag), command)

/** As declared to commander: `--minutes <m>`. */
export const flagsOf = (command: CommandName, known: Catalogue = standard): readonly string[] =>
  rowsFor(command, known).flatMap(({ about }) => (about.flag === undefined ? [] : [about.flag]))

/** The fields of an option that is a record, for each kind of record. */
const fieldsHelp = ({ codec }: Row): string => {
  if (!(codec instanceof Variants)) return ''
  const kinds = Object.entries(codec.kinds).map(([kind, { fields }]) => [kind, Object.keys(fields).join(', ')] as const)
  return kinds.length === 1
    ? kinds.map(([, fields]) => `: ${fields}`).join('')
    : kinds.map(([kind, fields]) => `; ${kind}: ${fields}`).join('')
}

/** Every field of a settings file, one per line. */
export const settingsHelp = ({ rows }: Catalogue = standard): string => {
  const lines = rows.map((row) => [nameOf(row), `${helpOf(row.about)}${fieldsHelp(row)}`] as const)
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  return ["Settings in a --config file and in a run's config.yaml:"]
    .concat(lines.map(([name, help]) => `  ${name.padEnd(width)}${help}`))
    .join('\n')
}
