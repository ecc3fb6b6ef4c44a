/** Examples of what shapes tell: sizes of axes by name, and how many blocks there are. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { countOf, type Shapes, sizeIn } from '../../src/interchange/told.ts'

const linear = { name: 'fc.weight', axes: ['out', 'in'] }

t.test('the size of an axis is told by its name; a tensor with fewer or more axes tells nothing', async (t) => {
  const size = (shape: readonly number[], axis: string) => sizeIn(new Map([['fc.weight', shape]]))(linear, axis)
  t.same([size([3, 5], 'out'), size([3, 5], 'in')], [E.right(3), E.right(5)])
  for (const shape of [[3], [3, 5, 1]])
    t.same(
      size(shape, 'out'),
      E.left({ name: 'fc.weight', why: `has shape [${shape.join(', ')}]: expected [out, in]` }),
    )
  t.same(
    sizeIn(new Map())(linear, 'in'),
    E.left({ name: 'fc.weight', why: '[out, in] is missing: its shape tells the configuration of the model' }),
  )
})

t.test('one more than the last block, so that one between is missed; no more than there are tensors', async (t) => {
  const shapes = (...names: readonly string[]): Shapes => new Map(names.map((name) => [name, [1]]))
  const count = (...names: readonly string[]): number => countOf(shapes(...names), 'blocks.')
  t.equal(count('other', 'blocks.', 'blocks.x.a', 'blocks.0', 'my.blocks.0.a'), 0)
  t.equal(count('blocks.0.a', 'blocks.1.a', 'blocks.1.b'), 2)
  t.equal(count('blocks.0.a', 'blocks.2.a', 'other'), 3, 'the second is missed')
  t.equal(count('blocks.1.a', 'other'), 2, 'the first is')
  t.equal(count('blocks.0.a', 'blocks.4000000000.a'), 1, 'a file makes no model that is larger than itself')
})
