/** Records whose tag says which fields they have. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import tap from 'tap'
import { decodeWith, positive, record } from '../../src/codec/codecs.ts'
import { variants } from '../../src/codec/variants.ts'

const shape = variants(
  'shape',
  {
    square: record({ shape: t.literal('square'), side: positive }),
    box: record({ shape: t.literal('box'), width: positive, height: positive }, [
      ({ width, height }) => (width > height ? null : `width is ${width}: expected more than the height of ${height}`),
    ]),
  },
  (name) => (name === 'cube' ? 'cubes are not flat: expected one of square, box' : undefined),
)
const decode = (raw: unknown) => decodeWith(t.type({ of: shape }), { of: raw })

tap.test('a record is decoded by the fields and the rules of its kind', async (t) => {
  for (const of of [
    { shape: 'square', side: 2 },
    { shape: 'box', width: 2, height: 1 },
  ])
    t.strictSame(decode(of), E.right({ of }))
  t.ok(shape.is({ shape: 'square', side: 1 }))
  for (const wrong of [{ shape: 'square' }, { shape: 'box', side: 1 }, { side: 1 }, { shape: 'toString' }, null, 3])
    t.notOk(shape.is(wrong))
})

tap.test('an error is one sentence: the tag, or a field of the kind that the tag says', async (t) => {
  const refused: readonly (readonly [unknown, string])[] = [
    [3, 'of is 3: expected named fields'],
    [{}, 'of.shape is missing: expected one of square, box'],
    [{ shape: 1 }, 'of.shape is 1: expected one of square, box'],
    [{ shape: 'sqare', side: 1 }, 'of.shape is "sqare": did you mean "square"?'],
    [{ shape: 'toString' }, 'of.shape is "toString": expected one of square, box'],
    [{ shape: 'cube' }, 'of.shape is "cube": cubes are not flat: expected one of square, box'],
    [{ shape: 'square', side: 0 }, 'of.side is 0: expected a positive number'],
    [{ shape: 'square', sid: 1 }, 'of: unknown field "sid": did you mean "side"?'],
    [{ shape: 'box', width: 1, height: 2 }, 'of: width is 1: expected more than the height of 2'],
  ]
  for (const [raw, sentence] of refused) t.strictSame(decode(raw), E.left(sentence))
})

tap.test('the fields of a record, by its tag; of an unknown kind the tag alone', async (t) => {
  t.strictSame(Object.keys(shape.fieldsOf({ shape: 'box' })), ['shape', 'width', 'height'])
  for (const unknown of [{ shape: 'cube' }, {}, null, { shape: 'toString' }])
    t.strictSame(Object.keys(shape.fieldsOf(unknown)), ['shape'])
})
