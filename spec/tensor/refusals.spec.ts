import t from 'tap'
import * as T from '../../src/tensor/ops.ts'

const x = T.input('x', [2, 3])
const labels = T.index('labels', [4], 3)

const refused = (f: () => unknown): string => {
  try {
    f()
  } catch (error) {
    if (error instanceof T.ShapeError) return error.message
    throw error
  }
  return 'it was accepted'
}

t.test('what cannot be is refused in a sentence that begins with what the user called', (t) => {
  const sentences: readonly (readonly [() => unknown, string])[] = [
    [() => T.clip(2, 1), 'clip(): low is 2 and high 1, expected low <= high'],
    [() => T.prod(2)(x), 'prod([2, 3]): axis 2 is outside a shape of 2 axes'],
    [() => T.argmax(-3)(x), 'argmax([2, 3]): axis -3 is outside a shape of 2 axes'],
    [() => T.variance(0, { correction: 2 })(x), 'variance([2, 3]): correction 2 leaves nothing of 2 elements'],
    [
      () => T.index('i', [2], 2 ** 24 + 1),
      'index(): "i" is below 16777217, expected a whole number from 1 to 16777216',
    ],
    [() => T.arange(2 ** 24 + 1), 'arange(): 16777217 places are more than the 16777216 that float32 counts exactly'],
    [() => T.gather(0, labels)(x), 'gather([2, 3]): places below 3 are outside an axis of 2'],
    [() => T.gather(0, T.array([0, 2]))(x), 'gather([2, 3]): places below 3 are outside an axis of 2'],
    [
      () => T.gather(0, x)(x),
      'gather([2, 3]): input x [2, 3] is no index: expected an input made by index(name, shape, below), or whole numbers known now',
    ],
    [() => T.gather(0, T.array([-1]))(x), /^gather\(\[2, 3\]\): literal \[1\] is no index: /.source],
    [
      () => T.gather(0, T.index('i', [2 ** 17], 1000))(T.input('table', [1000, 2])),
      'gather([1000, 2]): 131072 places of an axis of 1000 need a one-hot of more than 67108864 numbers',
    ],
    [() => T.oneHot(2)(labels), 'oneHot([4]): places below 3 are outside an axis of 2'],
    [() => T.crossEntropy(x, labels), 'crossEntropy([2, 3], [4]): expected logits [..b, k] and labels [..b]'],
    [() => T.pad([[0, 0]])(x), 'pad([2, 3]): 1 pairs of widths were given, expected one for each of 2 axes'],
    [
      () =>
        T.pad([
          [0, 0],
          [-1, 0],
        ])(x),
      'pad([2, 3]): widths [-1, 0] of axis 1, expected whole numbers of at least 0: take cuts elements off',
    ],
    [
      () =>
        T.pad(
          [
            [0, 2],
            [0, 0],
          ],
          { mode: 'reflect' },
        )(x),
      'pad([2, 3]): widths [0, 2] of axis 0, expected less than its size 2: nothing is left to reflect',
    ],
    [
      () => T.maxPool({ axes: [1], size: [2], padding: [2] })(x),
      'maxPool([2, 3]): padding [2], expected one whole number for each axis, at most half the size [2]',
    ],
    [
      () => T.avgPool({ axes: [1], size: [4] })(x),
      'avgPool([2, 3]): windows of [4] with dilation [1] are larger than axes [1] of [2, 3]',
    ],
    [() => T.stack(0)([x, labels]), 'stack([2, 3], [4]): shapes differ: [2, 3] and [4]'],
    [() => T.stack(3)([x, x]), 'stack([2, 3], [2, 3]): axis 3 is outside a shape of 3 axes'],
    [() => T.squeeze(1)(x), 'squeeze([2, 3]): axis 1 has size 3, expected 1'],
    [() => T.split(1, 2)(x), 'split([2, 3]): axis 1 of size 3 has no 2 equal parts'],
    [
      () => T.split(1, [1, 1])(x),
      'split([2, 3]): parts [1, 1], expected whole numbers of at least 1 that add up to 3, the size of axis 1',
    ],
    [() => T.repeat(0, 0)(x), 'repeat([2, 3]): 0 times, expected a whole number of at least 1'],
    [() => T.einsum('ij'), 'einsum(): "ij", expected one arrow, as in "bij,bjk->bik"'],
    [() => T.einsum('ii->i'), 'einsum(): "ii->i" has i twice in one input: diagonals are not taken'],
    [() => T.einsum('ij->ik'), 'einsum(): "ij->ik" has k in its output and in no input'],
    [() => T.einsum('ij->ii'), 'einsum(): "ij->ii" has i twice in its output'],
    [() => T.einsum('i,i,i->i'), 'einsum(): "i,i,i->i" has 3 inputs, expected one or two'],
    [() => T.einsum('b...->b'), 'einsum(): "b...->b" has an axis ".", expected letters, or names apart by spaces'],
    [() => T.einsum('ij,jk->ik')(x, x), 'einsum([2, 3], [2, 3]): axis j is 3 and 2'],
    [() => T.einsum('ij,jk->ik')(x), 'einsum([2, 3]): "ij,jk->ik" takes 2 tensors, 1 were given'],
    [() => T.einsum('i->i')(x), 'einsum([2, 3]): input 0 has 1 axes in the letters (i), but its shape is [2, 3]'],
  ]
  for (const [f, sentence] of sentences)
    if (sentence.startsWith('^')) t.match(refused(f), new RegExp(sentence))
    else t.equal(refused(f), sentence)
  t.end()
})

t.test('an index stays one when it is moved, joined and read in parts', (t) => {
  const moved = T.reshape([2, 2])(T.take(0, 0, 4)(labels))
  t.same(T.gather(0, T.transpose([1, 0])(moved))(T.input('table', [3, 5])).shape, [2, 2, 5])
  t.same(T.gather(0, T.concat(0)([labels, labels]))(T.input('table', [3])).shape, [8])
  t.match(
    refused(() => T.gather(0, T.add(labels, 1))(T.input('table', [9]))),
    /is no index/,
  )
  t.end()
})

t.test('a tensor reads as its operation and shape, an index by its name', (t) => {
  t.equal(String(labels), 'index labels [4]')
  t.equal(String(T.add(x, x)), 'add [2, 3]')
  t.end()
})
