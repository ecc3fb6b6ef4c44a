/**
 * io-ts codecs whose names say what was expected, and one sentence for the first error:
 * `training.batch is "many": expected a whole number of at least 1`.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { suggestion } from './nearest.ts'

// ------------------------------------------------------------------------------------------------- one value
/**
 * A codec of the values that `is` accepts.
 * @param name what was expected
 * @param why what to say of a rejected value instead of `expected <name>`
 */
export const named = <A>(
  name: string,
  is: (u: unknown) => u is A,
  why?: (u: unknown) => string | undefined,
): t.Type<A> => new t.Type(name, is, (u, c) => (is(u) ? t.success(u) : t.failure(u, c, why?.(u))), t.identity)

/** -0 is read as 0, the only sensible meaning in a file or a flag. */
const numbers = (name: string, holds: (n: number) => boolean, why?: (u: unknown) => string | undefined) => {
  const is = (u: unknown): u is number => typeof u === 'number' && holds(u)
  return new t.Type<number>(
    name,
    is,
    (u, c) => (is(u) ? t.success(u === 0 ? 0 : u) : t.failure(u, c, why?.(u))),
    t.identity,
  )
}

const wholeNumbers = (name: string, holds: (n: number) => boolean): t.Type<number> =>
  numbers(
    name,
    (n) => Number.isSafeInteger(n) && holds(n),
    (u) => (Number.isInteger(u) && !Number.isSafeInteger(u) ? `expected ${name}, below 2^53 in size` : undefined),
  )

/** A whole number of at least 1. */
export const positiveInteger = wholeNumbers('a whole number of at least 1', (n) => n >= 1)
export const integer = wholeNumbers('a whole number', () => true)
/** A finite number above 0. */
export const positive = numbers('a positive number', (n) => Number.isFinite(n) && n > 0)
/** A finite number of at least 0. */
export const nonNegative = numbers('a number of at least 0', (n) => Number.isFinite(n) && n >= 0)
export const finite = numbers('a number', Number.isFinite)
export const share = numbers('a number from 0 to 1', (n) => n >= 0 && n <= 1)
export const fraction = numbers('a number from 0 to below 1', (n) => n >= 0 && n < 1)
/** True or false. */
export const yesOrNo: t.Type<boolean> = named('true or false', (u): u is boolean => typeof u === 'boolean')
/** Text that is not empty. */
export const text = (name: string): t.Type<string> =>
  named(name, (u): u is string => typeof u === 'string' && u.trim() !== '')

/** One of some names; the error suggests the nearest. */
export const oneOf = <A extends string>(names: readonly A[]): t.Type<A> =>
  named(
    `one of ${names.join(', ')}`,
    (u): u is A => names.some((name) => name === u),
    (u) => (typeof u === 'string' ? suggestion(u, names) : undefined),
  )

export class OrNull<A> extends t.Type<A | null> {
  /** The codec of the non-null values. */
  readonly inner: t.Type<A>
  /** What null means, in words that follow "null". */
  readonly when: string

  constructor(inner: t.Type<A>, when: string) {
    super(
      `${inner.name}, or null ${when}`,
      (u): u is A | null => u === null || inner.is(u),
      (u, c) => (u === null ? t.success(u) : E.mapLeft(() => [{ value: u, context: c }])(inner.validate(u, c))),
      (a) => a,
    )
    this.inner = inner
    this.when = when
  }
}

/**
 * A value or null.
 * @param when what null means, in words that follow "null"
 */
export const orNull = <A>(codec: t.Type<A>, when: string): OrNull<A> => new OrNull(codec, when)

/** A field that files of earlier versions do not have. */
export class Added<A> extends t.Type<A> {
  /** What such a file means. */
  readonly before: A

  constructor(codec: t.Type<A>, before: A) {
    super(codec.name, codec.is, codec.validate, codec.encode)
    this.before = before
  }
}

/**
 * A field that files of earlier versions do not have.
 * @param before what such a file means
 */
export const added = <A>(codec: t.Type<A>, before: NoInfer<A>): Added<A> => new Added(codec, before)

/**
 * A list of values.
 * @param each what the list holds, in words
 */
export const listOf = <A>(codec: t.Type<A>, each: string): t.Type<readonly A[]> =>
  named(`a list of ${each}`, (u): u is readonly A[] => Array.isArray(u) && u.every((item) => codec.is(item)))

// ---------------------------------------------------------------------------------------------- named fields
/** Any fields, with anything in them. */
export const anyFields: t.Type<Readonly<Record<string, unknown>>> = named('named fields', t.UnknownRecord.is)

/** Null if the fields are consistent, else the sentence that says why not. */
export type Rule<A> = (fields: A) => string | null

type Decoded<P extends t.Props> = t.TypeOf<t.TypeC<P>>

/** Exactly these fields, each valid and together obeying the rules. */
export class Fields<P extends t.Props> extends t.Type<Decoded<P>, t.OutputOf<t.TypeC<P>>> {
  readonly fields: P

  constructor(fields: P, rules: readonly Rule<Decoded<P>>[]) {
    const inner = t.type(fields)
    const known = Object.keys(fields)
    const broken = (decoded: Decoded<P>): string | null =>
      rules.map((rule) => rule(decoded)).find((why) => why !== null) ?? null
    super(
      'named fields',
      (u): u is Decoded<P> => inner.is(u) && Object.keys(u).every((k) => known.includes(k)) && broken(u) === null,
      (u, c) => {
        if (!t.UnknownRecord.is(u)) return t.failure(u, c)
        // a literal field is a discriminant: if it differs, every other field would be reported as unknown
        for (const [k, codec] of Object.entries(fields))
          if (codec instanceof t.LiteralType && u[k] !== undefined && !codec.is(u[k]))
            return t.failure(u[k], t.appendContext(c, k, codec, u[k]))
        const extra = Object.keys(u).find((k) => !known.includes(k))
        if (extra !== undefined) return t.failure(u, c, `unknown field ${shown(extra)}: ${suggestion(extra, known)}`)
        return pipe(
          inner.validate(u, c),
          E.chain((decoded: Decoded<P>) => {
            const why = broken(decoded)
            return why === null ? t.success(decoded) : t.failure(u, c, why)
          }),
        )
      },
      inner.encode,
    )
    this.fields = fields
  }
}

/** Fields by name, all of them and no other, with rules between them. */
export const record = <P extends t.Props>(fields: P, rules: readonly Rule<Decoded<P>>[] = []): Fields<P> =>
  new Fields(fields, rules)

// ------------------------------------------------------------------------------------------------- sentences
/**
 * A value as messages show it: JSON, but with NaN, Infinity and -0 spelt out, and truncated; a text keeps its quotes.
 * @param longest characters, at most
 */
export const shown = (u: unknown, longest = 80): string => {
  const within = (v: unknown, depth: number): string => {
    if (Object.is(v, -0)) return '-0'
    if (typeof v === 'string') return JSON.stringify(v)
    if (typeof v !== 'object' || v === null) return String(v)
    if (depth > 3) return '...'
    const inner = Array.isArray(v)
      ? v.map((x) => within(x, depth + 1))
      : Object.entries(v).map(([k, x]) => `${k}: ${within(x, depth + 1)}`)
    return Array.isArray(v) ? `[${inner.join(', ')}]` : `{${inner.join(', ')}}`
  }
  const whole = within(u, 0)
  const end = typeof u === 'string' ? '..."' : '...'
  return whole.length > longest ? `${whole.slice(0, longest - end.length)}${end}` : whole
}

const told = (field: string, value: unknown, what: string): string =>
  value === undefined ? `${field} is missing: ${what}` : `${field} is ${shown(value)}: ${what}`

export const wrong = (field: string, value: unknown, expected: string): string =>
  told(field, value, `expected ${expected}`)

/**
 * The first error of a decoding: which field, its value, what was expected.
 * @param subject what was decoded, for an error about the whole value
 */
export const explain = (errors: t.Errors, subject = 'it'): string => {
  // where several alternatives fail, the deepest error is the most specific
  const deepest = [...errors].sort((a, b) => b.context.length - a.context.length)[0]
  if (deepest === undefined) return `${subject} is not what was expected`
  const { value, message } = deepest
  const path = deepest.context
    .map((c) => c.key)
    .filter((k) => k !== '')
    .join('.')
  // a record's own message names the field
  if (message !== undefined && t.UnknownRecord.is(value)) return path === '' ? message : `${path}: ${message}`
  const expected = `expected ${deepest.context.at(-1)?.type.name ?? 'something else'}`
  return told(path === '' ? subject : path, value, message ?? expected)
}

/** @param subject what the value is, for an error about the whole value */
export const decodeWith = <A>(codec: t.Decoder<unknown, A>, value: unknown, subject?: string): E.Either<string, A> =>
  pipe(
    codec.decode(value),
    E.mapLeft((errors) => explain(errors, subject)),
  )
