/**
 * A model's configuration as data: a codec for every field, whose name is what was expected, and rules that the sizes
 * must obey together. `decodeFields` reads any of them, and answers with one sentence where something is wrong.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { suggestion } from '../codec/nearest.ts'

const named = <A>(expected: string, is: (x: unknown) => x is A): t.Type<A> =>
  new t.Type(expected, is, (x, context) => (is(x) ? t.success(x) : t.failure(x, context)), t.identity)

const isWhole = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 1
const atLeastOne = 'a whole number of at least 1'

export const whole = named(atLeastOne, isWhole)
export const wholeOrNull = (when: string): t.Type<number | null> =>
  named(`${atLeastOne}, or null ${when}`, (x): x is number | null => x === null || isWhole(x))
export const wholes = (each: string): t.Type<readonly number[]> =>
  named(`a list of whole numbers, ${each}`, (x): x is readonly number[] => Array.isArray(x) && x.every(isWhole))
export const positive = named(
  'a positive number',
  (x): x is number => typeof x === 'number' && Number.isFinite(x) && x > 0,
)
export const yesOrNo = named('true or false', (x): x is boolean => typeof x === 'boolean')
export const exactly = <K extends string>(word: K): t.Type<K> => named(JSON.stringify(word), (x): x is K => x === word)

/** Null where the sizes are possible, else the sentence that says why not. */
export type Rule<C> = (c: C) => string | null

type Decoded<P extends t.Props> = t.TypeOf<t.TypeC<P>>

const shown = (x: unknown): string => JSON.stringify(x) ?? String(x)
export const wrong = (field: string, value: unknown, expected: string): string =>
  `${field} is ${shown(value)}: expected ${expected}`

/**
 * A configuration out of a file or an option, or one sentence that names the field, its value and what was expected.
 * A missing field is what `missing` says. A wrong `model` is told first: of another model every field is unknown.
 */
export const decodeFields = <P extends t.Props & { readonly model: t.Mixed }>(
  fields: P,
  rules: readonly Rule<Decoded<P>>[],
): ((raw: unknown, missing: Decoded<P>) => E.Either<string, Decoded<P>>) => {
  const codec = t.type(fields)
  const known = Object.keys(fields)
  return (raw, missing) => {
    if (!t.UnknownRecord.is(raw)) return E.left(wrong("the model's configuration", raw, 'named fields'))
    if (raw.model !== undefined && !fields.model.is(raw.model))
      return E.left(wrong('model', raw.model, fields.model.name))
    const unknown = Object.keys(raw).find((name) => !known.includes(name))
    if (unknown !== undefined) return E.left(`unknown field "${unknown}": ${suggestion(unknown, known)}`)
    return pipe(
      codec.decode({ ...missing, ...raw }),
      E.mapLeft(([error]) => {
        const field = error?.context[1]
        return wrong(field?.key ?? 'the configuration', field?.actual, field?.type.name ?? 'named fields')
      }),
      E.chain((config: Decoded<P>) => {
        const broken = rules.map((rule) => rule(config)).find((why) => why !== null)
        return broken === undefined || broken === null ? E.right(config) : E.left(broken)
      }),
    )
  }
}
