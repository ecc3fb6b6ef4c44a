/** A codec's messages about invalid values, and its results for valid ones. */
import { either as E } from 'fp-ts'
import * as io from 'io-ts'
import t from 'tap'
import {
  decodeWith,
  integer,
  listOf,
  nonNegative,
  oneOf,
  orNull,
  positive,
  positiveInteger,
  record,
  shown,
  text,
} from '../../src/codec/codecs.ts'
import { at, merged, nested } from '../../src/codec/merged.ts'

t.test('values that JSON cannot represent are shown as they are', async (t) => {
  const cases: readonly (readonly [unknown, string])[] = [
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [-0, '-0'],
    [null, 'null'],
    ['a "b"', '"a \\"b\\""'],
    [[1, Number.NaN, 'x'], '[1, NaN, "x"]'],
    [{ a: { b: [] } }, '{a: {b: []}}'],
  ]
  for (const [value, says] of cases) t.equal(shown(value), says)
  t.equal(shown('x'.repeat(200)).length, 80)
  const circular: { inner?: unknown } = {}
  circular.inner = circular
  t.match(shown(circular), /^\{inner: .*\.\.\./)
})

t.test('numbers: what is rejected, with which message', async (t) => {
  const refused: readonly (readonly [io.Decoder<unknown, unknown>, unknown, string])[] = [
    [positiveInteger, -0, 'n is -0: expected a whole number of at least 1'],
    [positiveInteger, 1e30, 'n is 1e+30: expected a whole number of at least 1, below 2^53 in size'],
    [integer, 2 ** 53, 'n is 9007199254740992: expected a whole number, below 2^53 in size'],
    [integer, Number.POSITIVE_INFINITY, 'n is Infinity: expected a whole number'],
    [positive, Number.NaN, 'n is NaN: expected a positive number'],
    [nonNegative, '3', 'n is "3": expected a number of at least 0'],
    [orNull(positive, 'for none'), undefined, 'n is missing: expected a positive number, or null for none'],
    [text('a folder'), ' ', 'n is " ": expected a folder'],
    [listOf(positiveInteger, 'whole numbers'), [1, 0], 'n is [1, 0]: expected a list of whole numbers'],
    [oneOf(['red', 'green']), 'gren', 'n is "gren": did you mean "green"?'],
    [oneOf(['red', 'green']), 5, 'n is 5: expected one of red, green'],
  ]
  for (const [codec, value, sentence] of refused) t.strictSame(decodeWith(codec, value, 'n'), E.left(sentence))
})

t.test('-0 is 0', async (t) => {
  const zero = decodeWith(integer, -0)
  t.ok(E.isRight(zero) && Object.is(zero.right, 0))
})

t.test('records: a literal is the discriminant, unknown fields are named, rules hold', async (t) => {
  const codec = record({ kind: io.literal('a'), least: positive, most: positive }, [
    ({ least, most }) => (least <= most ? null : `least is ${least}: expected at most ${most}`),
  ])
  const outer = record({ inner: codec })
  t.strictSame(
    decodeWith(outer, { inner: { kind: 'b', width: 3 } }),
    E.left('inner.kind is "b": expected "a"'),
    'before its fields, which are those of another',
  )
  t.strictSame(
    decodeWith(outer, { inner: { kind: 'a', leest: 3 } }),
    E.left('inner: unknown field "leest": did you mean "least"?'),
  )
  t.strictSame(
    decodeWith(outer, { 'a\nb': 3 }),
    E.left('unknown field "a\\nb": expected one of inner'),
    'whatever the name holds, the sentence stays on its line',
  )
  t.strictSame(
    decodeWith(outer, { ['k'.repeat(1_000_000)]: 3 }),
    E.left(`unknown field "${'k'.repeat(75)}...": expected one of inner`),
    'and shows as much of it as can be read',
  )
  const reversed = { kind: 'a', least: 3, most: 1 }
  t.strictSame(decodeWith(outer, { inner: reversed }), E.left('inner: least is 3: expected at most 1'))
  t.strictSame(decodeWith(codec, reversed), E.left('least is 3: expected at most 1'))
  t.notOk(codec.is(reversed))
  t.strictSame(decodeWith(outer, { inner: [] }), E.left('inner is []: expected named fields'))
  t.strictSame(decodeWith(outer, null), E.left('it is null: expected named fields'))
  t.ok(codec.is({ kind: 'a', least: 1, most: 1 }))
  t.notOk(codec.is({ kind: 'a', least: 1, most: 1, extra: 1 }))
})

t.test('merged: given values win, field by field, null included', async (t) => {
  t.strictSame(merged({ a: { b: 1, c: 2 }, d: [1, 2] }, { a: { c: 3 }, d: [4] }), { a: { b: 1, c: 3 }, d: [4] })
  t.strictSame(merged({ a: { b: 1 } }, { a: null }), { a: null })
  const paths: readonly (readonly [readonly string[], unknown])[] = [
    [['a', 'b'], 1],
    [['c'], null],
    [['a', 'd'], 2],
  ]
  t.strictSame(nested(paths), { a: { b: 1, d: 2 }, c: null })
  for (const [path, value] of paths) t.equal(at(nested(paths), path), value)
  t.equal(at({}, ['toString']), undefined)
})
