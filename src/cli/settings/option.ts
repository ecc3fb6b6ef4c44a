/**
 * An option: one value that a user sets by a flag, in a YAML file, or either. It is the value's codec together with all
 * its metadata: flags, `--help`, config.yaml, their types and what a resumed run may change are derived from it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { Added, anyFields, decodeWith, Fields, OrNull, wrong } from '../../codec/codecs.ts'
import { at } from '../../codec/merged.ts'
import { Variants } from '../../codec/variants.ts'
import type { ObjectiveName, Space } from '../../models/model.ts'

/** Operations on images, the subcommands of `sample`: each has the options of `sample`, and some of its own. */
export const imageOperations = ['img2img', 'inpaint', 'interpolate', 'filmstrip'] as const
export type ImageOperation = (typeof imageOperations)[number]

export type CommandName =
  | 'train'
  | 'sample'
  | 'evaluate'
  | 'compare'
  | 'samplers'
  | 'convert'
  | 'parity'
  | 'doctor'
  | 'encode'
  | ImageOperation

/** The command whose options a command has beside its own; null if there is none. */
export const parentOf = (command: CommandName): CommandName | null =>
  imageOperations.some((name) => name === command) ? 'sample' : null

/** The values of another setting with which an option has an effect. */
export interface EffectiveWith {
  /** That setting, and its flag. */
  readonly path: readonly string[]
  readonly flag: `--${string}`
  readonly values: readonly string[]
}

export interface About {
  readonly help: string
  /** Whether it may change when a run is resumed. Options that affect a run's results may not. */
  readonly mayChange: boolean
  /** As commander reads it, `--batch <n>` or `--dry-run`; without it the option exists in files only. */
  readonly flag?: `--${string}`
  /** The commands that have the flag. */
  readonly of?: readonly CommandName[]
  readonly required?: true
  /** The objectives that have the setting; all of them unless given. */
  readonly objectives?: readonly ObjectiveName[]
  /** What the images are of the models that have the setting; anything unless given. */
  readonly space?: Space
  /** What its flag must go together with; it goes with everything unless given. */
  readonly effectiveWith?: EffectiveWith
  /** The value when a file omits the option, for example because the file is older. */
  readonly default?: unknown
}

export class Option<A, B extends About> extends t.Type<A> {
  readonly codec: t.Type<A>
  readonly about: B

  constructor(codec: t.Type<A>, about: B) {
    super(codec.name, codec.is, codec.validate, codec.encode)
    this.codec = codec
    this.about = about
  }
}

export const option = <A, const B extends About>(
  codec: t.Type<A>,
  about: B & { readonly default?: NoInfer<A> },
): Option<A, B> => new Option(codec, about)

// ---------------------------------------------------------------------------------------------------- as types
type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S
type KeyOf<B> = B extends { readonly flag: `--${infer Name}` }
  ? Name extends `${infer Bare} <${string}`
    ? Camel<Bare>
    : Camel<Name>
  : never

/** The options of a table, including nested sections. */
type OptionIn<T> = T extends { readonly about: About }
  ? T
  : T extends Fields<infer P>
    ? { readonly [K in keyof P]: OptionIn<P[K]> }[keyof P]
    : never

/** The key of the flag, if the command has it. */
type KeyIn<C extends CommandName, O> = O extends { readonly about: infer B extends { of: readonly unknown[] } }
  ? C extends B['of'][number]
    ? KeyOf<B>
    : never
  : never
type IsRequired<O> = O extends { readonly about: { readonly required: true } } ? true : false
type ValueOf<O> = O extends t.Type<infer A> ? Exclude<A, null> : never

/** The values of a command's flags, by key: `--micro-batch` is `microBatch`. */
export type Given<C extends CommandName, T> = {
  readonly [O in OptionIn<T> as IsRequired<O> extends true ? KeyIn<C, O> : never]: ValueOf<O>
} & {
  readonly [O in OptionIn<T> as IsRequired<O> extends true ? never : KeyIn<C, O>]?: ValueOf<O>
}

// --------------------------------------------------------------------------------------------------- as a list
type AnyCodec = t.Decoder<unknown, unknown> & { readonly is: (u: unknown) => boolean }

/** An option, and its path in a table. */
export interface Row {
  readonly path: readonly string[]
  readonly codec: AnyCodec
  readonly about: About
}

export const rowsOf = (table: t.Props, path: readonly string[] = []): readonly Row[] =>
  Object.entries(table).flatMap(([name, codec]): readonly Row[] => {
    const here = [...path, name]
    if (codec instanceof Option) return [{ path: here, codec: codec.codec, about: codec.about }]
    return codec instanceof Fields ? rowsOf(codec.fields, here) : []
  })

/** The fields that an option holding this value has; null for an option that is not a record. */
const fieldsOf = (codec: AnyCodec, value: unknown): t.Props | null =>
  codec instanceof Fields ? codec.fields : codec instanceof Variants ? codec.fieldsOf(value) : null

/** What is known of a field of an option: the option's own, and what files mean that are older than the field. */
const aboutOf = ({ about }: Row, codec: AnyCodec): About =>
  codec instanceof Added ? { ...about, default: codec.before } : about

/**
 * The same, with one row per field for options that are records.
 * @param values of the options: where there are records of several kinds, they say which
 */
export const leavesOf = (rows: readonly Row[], values: unknown): readonly Row[] =>
  rows.flatMap((row) => {
    const fields = fieldsOf(row.codec, at(values, row.path))
    return fields === null
      ? [row]
      : Object.entries<AnyCodec>(fields).map(
          ([name, codec]): Row => ({
            path: [...row.path, name],
            codec,
            about: aboutOf(row, codec),
          }),
        )
  })

export const nameOf = ({ path }: Pick<Row, 'path'>): string => path.join('.')

// -------------------------------------------------------------------------------------------------- from flags
const bareFlag = (flag: string): string => flag.replace(/ <.*/, '')
export const keyOf = (flag: string): string =>
  bareFlag(flag)
    .slice(2)
    .replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** A flag's text stays text where the option takes text, else it is parsed as a number. No flag can give null. */
const decodeText = ({ codec }: Row, flag: string, said: unknown): E.Either<string, unknown> => {
  const expected = codec instanceof OrNull ? codec.inner : codec
  const spelt = typeof said === 'string' && said.trim() !== '' ? Number(said) : Number.NaN
  return decodeWith(expected, Number.isNaN(spelt) || expected.is(said) ? said : spelt, flag)
}

type Pair = readonly [key: string, value: unknown]

/** Flags as parsed by commander, decoded; unknown keys are ignored. */
export const decodeFlags = (rows: readonly Row[], raw: unknown): E.Either<string, Readonly<Record<string, unknown>>> =>
  pipe(
    decodeWith(anyFields, raw, 'the options'),
    E.chain((said) =>
      E.traverseArray((row: Row): E.Either<string, readonly Pair[]> => {
        const { flag, required } = row.about
        if (flag === undefined) return E.right([])
        const value = said[keyOf(flag)]
        if (value === undefined && required === true) return E.left(wrong(bareFlag(flag), undefined, row.codec.name))
        if (value === undefined) return E.right([])
        return pipe(
          decodeText(row, bareFlag(flag), value),
          E.map((decoded) => [[keyOf(flag), decoded]]),
        )
      })(rows),
    ),
    E.map((pairs) => Object.fromEntries(pairs.flat())),
  )
