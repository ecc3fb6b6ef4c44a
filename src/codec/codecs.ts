/** io-ts codecs with names that read well in a sentence, and one sentence for the first thing that is wrong. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { suggestion } from './nearest.ts'

const numbers = (name: string, holds: (n: number) => boolean): t.Type<number> =>
  new t.Type(
    name,
    (u): u is number => typeof u === 'number' && holds(u),
    (u, c) => (typeof u === 'number' && holds(u) ? t.success(u) : t.failure(u, c)),
    t.identity,
  )

export const positiveInteger = numbers('a positive integer', (n) => Number.isSafeInteger(n) && n > 0)
export const integer = numbers('an integer', Number.isSafeInteger)
export const positive = numbers('a positive number', (n) => Number.isFinite(n) && n > 0)
export const nonNegative = numbers('a number of at least 0', (n) => Number.isFinite(n) && n >= 0)
export const finite = numbers('a number', Number.isFinite)
export const fraction = numbers('a number from 0 to below 1', (n) => n >= 0 && n < 1)

export const oneOf = <A extends string>(names: readonly A[]): t.Type<A> => {
  const is = (u: unknown): u is A => typeof u === 'string' && names.some((n) => n === u)
  return new t.Type(`one of ${names.join(', ')}`, is, (u, c) => (is(u) ? t.success(u) : t.failure(u, c)), t.identity)
}

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

/** A record of exactly these fields; a field too many is an error that names the nearest. */
export const record = <P extends t.Props>(fields: P): t.Type<t.TypeOf<t.TypeC<P>>, t.OutputOf<t.TypeC<P>>, unknown> => {
  const inner = t.type(fields)
  const known = Object.keys(fields)
  return new t.Type(
    'a record',
    inner.is,
    (u, c) => {
      const extra = isRecord(u) ? Object.keys(u).find((k) => !known.includes(k)) : undefined
      return extra === undefined
        ? inner.validate(u, c)
        : t.failure(u, c, `unknown field "${extra}": ${suggestion(extra, known)}`)
    },
    inner.encode,
  )
}

const shown = (u: unknown): string => (u === undefined ? 'nothing' : JSON.stringify(u))

/** The first error of a decoding as `path: expected ..., found ...`. */
export const explain = (errors: t.Errors): string => {
  // where several alternatives fail, the deepest error says most
  const deepest = [...errors].sort((a, b) => b.context.length - a.context.length)[0]
  if (deepest === undefined) return 'it is not what was expected'
  const path = deepest.context
    .map((c) => c.key)
    .filter((k) => k !== '')
    .join('.')
  const at = path === '' ? '' : `${path}: `
  return deepest.message === undefined
    ? `${at}expected ${deepest.context.at(-1)?.type.name ?? 'something else'}, found ${shown(deepest.value)}`
    : `${at}${deepest.message}`
}

export const decodeWith = <A>(codec: t.Decoder<unknown, A>, value: unknown): E.Either<string, A> =>
  pipe(codec.decode(value), E.mapLeft(explain))
