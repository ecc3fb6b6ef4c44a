/** Class accuracy, the order of classes, nearest pictures and copies: small cases by hand. */
import t from 'tap'
import {
  addCounts,
  classAccuracy,
  classOrder,
  memorisation,
  namedClass,
  nearestIn,
  noCounts,
} from '../../src/evaluation/index.ts'

t.test('accuracy in all and by class; a class without samples has none', async (t) => {
  const logits = [3, 1, 0, /* */ 0, 2, 1, /* */ 0, 5, 1, /* */ 9, 1, 1]
  const counts = addCounts(addCounts(noCounts(3), logits.slice(0, 6), [0, 0]), logits.slice(6), [1, 0])
  t.same(classAccuracy(counts), { all: 0.75, byClass: [2 / 3, 1, null] })
  t.equal(namedClass([Number.NaN, 1], 0, 2), -1, 'a network that fails names no class')
})

t.test('classes come in turn, or as often as their shares, from the first sample on', async (t) => {
  t.same([...classOrder([1, 1, 1], 7)], [0, 1, 2, 0, 1, 2, 0])
  t.same([...classOrder([3, 0, 1], 8)], [0, 0, 2, 0, 0, 0, 2, 0])
  t.throws(() => classOrder([0], 1), RangeError('the classes have no weight: expected at least one above 0'))
})

/** Four pictures of 2 x 2, grey. */
const gallery = {
  size: 2,
  channels: 1,
  count: 3,
  pixels: Uint8Array.of(0, 0, 0, 0, /* */ 255, 0, 255, 0, /* */ 200, 200, 200, 200),
  mirrored: Uint8Array.of(0, 1, 1),
}

t.test('the nearest picture, as it is or mirrored, and its distance in units of [-1, 1]', async (t) => {
  const nearest = nearestIn(gallery)
  t.same(nearest(Uint8Array.of(255, 0, 255, 0)), { index: 1, mirrored: false, distance: 0 })
  t.same(nearest(Uint8Array.of(0, 255, 0, 255)), { index: 1, mirrored: true, distance: 0 })
  t.same(nearest(Uint8Array.of(10, 0, 0, 0)), { index: 0, mirrored: false, distance: 10 / 127.5 })
  const still = nearestIn({ ...gallery, mirrored: Uint8Array.of(0, 0, 0) })
  t.equal(
    still(Uint8Array.of(0, 255, 0, 255)).index,
    2,
    'pictures that training does not mirror are not found mirrored',
  )
  t.throws(() => nearestIn({ ...gallery, count: 0 }), /there are no pictures/)
  t.throws(() => nearest(Uint8Array.of(1)), RangeError('a picture of 1 numbers: expected 4'))
  t.throws(() => nearestIn({ ...gallery, count: 4 }), RangeError('12 bytes of pictures: expected 16, for 4 of 4'))
})

t.test('copies are nearer than half of the median distance of held-out pictures', async (t) => {
  t.same(memorisation([1, 2, 3, 6], [2, 4, 9]), { ratio: 3 / 5, copied: 1 / 4 })
  t.same(memorisation([1, 1.4, 2], [2, 4]), { ratio: 4.4 / 3 / 3, copied: 2 / 3 }, 'the median of two')
  t.equal(memorisation([1], []), null, 'nothing to compare with')
})
