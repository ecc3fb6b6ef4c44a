/** A command's flags as declared to commander, and their decoded values. */
import { type Command, Option as Flag } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { nested } from '../codec/merged.ts'
import { type CommandName, decodeFlags, keyOf, leavesOf, nameOf, type Row, rowsOf } from './option.ts'
import { calls, type OptionsOf, settings } from './options.ts'

export const settingRows = rowsOf(settings.fields)

/** The flags of a command; required ones first. */
const rowsFor = (command: CommandName): readonly Row[] =>
  [...settingRows, ...rowsOf(calls)]
    .filter(({ about }) => about.of?.includes(command) === true)
    .sort((a, b) => Number(b.about.required === true) - Number(a.about.required === true))

const isGiven =
  <C extends CommandName>(command: C) =>
  (u: Readonly<Record<string, unknown>>): u is OptionsOf<C> =>
    rowsFor(command).every(({ codec, about }) => {
      const value = about.flag === undefined ? undefined : u[keyOf(about.flag)]
      return value === undefined ? about.required !== true : codec.is(value)
    })

/** A command's flags as parsed by commander, decoded; the error names the flag. */
export const decodeOptions = <C extends CommandName>(command: C, raw: unknown): E.Either<string, OptionsOf<C>> =>
  pipe(
    decodeFlags(rowsFor(command), raw),
    E.filterOrElse(isGiven(command), () => `the options of ${command} are not what was expected`),
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
export const settingsFrom = <C extends CommandName>(command: C, o: OptionsOf<C>): unknown =>
  nested(flagValues(command, o, settingRows).map(({ row, value }) => [row.path, value]))

/** Why these options cannot be given with --resume; null if they can. */
export const refusedWithResume = (o: OptionsOf<'train'>): string | null => {
  const refused = flagValues('train', o, rowsFor('train')).find(({ row }) => !row.about.mayChange)
  return refused === undefined
    ? null
    : `${refused.flag.split(' ')[0]} cannot be given with --resume: a run keeps the settings in its config.yaml`
}

const helpOf = ({ help, default: usual }: Row['about']): string =>
  usual === undefined || usual === null ? help : `${help} (default: ${usual})`

export const addFlags = (command: Command, name: CommandName): Command =>
  rowsFor(name).reduce(
    (c, { about }) => (about.flag === undefined ? c : c.addOption(new Flag(about.flag, helpOf(about)))),
    command,
  )

/** Every field of a settings file, one per line. */
export const settingsHelp = (): string => {
  const lines = settingRows.map((row) => {
    const fields = leavesOf([row])
    const names = fields.length > 1 ? `: ${fields.map(({ path }) => path.at(-1)).join(', ')}` : ''
    return [nameOf(row), `${helpOf(row.about)}${names}`] as const
  })
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  return ["Settings in a --config file and in a run's config.yaml:"]
    .concat(lines.map(([name, help]) => `  ${name.padEnd(width)}${help}`))
    .join('\n')
}
