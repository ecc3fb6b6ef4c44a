/** Records of several kinds: the value of one field, the tag, says which other fields there are. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { named } from './codecs.ts'
import { suggestion } from './nearest.ts'

/** The codec of a record, and of each of its fields: see `record`. */
export interface FieldsCodec extends t.Decoder<unknown, unknown> {
  readonly fields: t.Props
  readonly is: (u: unknown) => boolean
}

type Tagged<Tag extends string> = Readonly<Record<Tag, string>> & { readonly [field: string]: unknown }

export class Variants<Tag extends string> extends t.Type<Tagged<Tag>> {
  readonly tag: Tag
  readonly kinds: Readonly<Record<string, FieldsCodec>>
  /** The codec of the tag alone. */
  readonly tags: t.Type<string>

  constructor(tag: Tag, kinds: Readonly<Record<string, FieldsCodec>>, why: (kind: string) => string | undefined) {
    const known = Object.keys(kinds)
    const of = (kind: unknown): FieldsCodec | undefined =>
      typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    const is = (u: unknown): u is Tagged<Tag> => t.UnknownRecord.is(u) && of(u[tag])?.is(u) === true
    const tags = named(
      `one of ${known.join(', ')}`,
      (u): u is string => of(u) !== undefined,
      (u) => (typeof u === 'string' ? (why(u) ?? suggestion(u, known)) : undefined),
    )
    super(
      'named fields',
      is,
      (u, c) => {
        if (!t.UnknownRecord.is(u)) return t.failure(u, c)
        const fields = of(u[tag])
        if (fields === undefined)
          return pipe(
            tags.validate(u[tag], t.appendContext(c, tag, tags, u[tag])),
            E.chain(() => t.failure(u, c)),
          )
        return pipe(
          fields.validate(u, c),
          E.chain((decoded) => (is(decoded) ? t.success(decoded) : t.failure(u, c))),
        )
      },
      t.identity,
    )
    this.tag = tag
    this.kinds = kinds
    this.tags = tags
  }

  /** The fields of a record of this kind; the tag alone if it is not known. */
  fieldsOf(u: unknown): t.Props {
    const kind = t.UnknownRecord.is(u) ? u[this.tag] : undefined
    const known = this.tags.is(kind) ? this.kinds[kind] : undefined
    return { ...known?.fields, [this.tag]: this.tags }
  }
}

/**
 * @param tag the field that says which kind a record is of
 * @param kinds the fields of each, the tag among them
 * @param why what to say of a tag that is none of these, instead of the nearest name
 */
export const variants = <const Tag extends string>(
  tag: Tag,
  kinds: Readonly<Record<string, FieldsCodec>>,
  why: (kind: string) => string | undefined = () => undefined,
): Variants<Tag> => new Variants(tag, kinds, why)
