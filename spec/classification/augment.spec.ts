/** Warps beside PyTorch's grid_sample (`spec/fixtures/classifier.py`). */
import * as io from 'io-ts'
import t from 'tap'
import { augmented, warped } from '../../src/classification/augment.ts'
import { key, normal } from '../../src/random/key.ts'
import { cases as casesOf, fixture } from '../fixtures/pytorch.ts'

const { warps } = fixture('classifier.json.gz', io.strict({ warps: casesOf }))

t.test("a picture seen through an affine map is PyTorch's", async (t) => {
  t.equal(warps.length, 2)
  for (const { name, inputs, y } of warps) {
    const [image, map] = inputs.map(({ values }) => Float64Array.from(values))
    if (image === undefined || map === undefined) throw new Error('a case has a picture and a map')
    const found = warped(image, { size: 8, channels: 3 }, map)
    const error = Math.max(...y.values.map((v, i) => Math.abs(v - (found[i] ?? Number.NaN))))
    t.ok(error < 1e-12, `${name} is off by ${error}`)
  }
})

t.test('the map of zeros shows the picture, a shift by two pixels moves it; strength 0 leaves it alone', async (t) => {
  const image = normal(key(1), 4 * 4 * 2)
  const shape = { size: 4, channels: 2 }
  const near = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
    Array.from(a).every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) < 1e-12)
  t.ok(near(warped(image, shape, [0, 0, 0, 0, 0, 0]), image))
  // a pixel is half a unit wide
  const right = warped(image, shape, [0, 0, 1, 0, 0, 0])
  for (const row of [0, 1, 2, 3])
    t.ok(near(right.subarray(row * 8, row * 8 + 4), image.subarray(row * 8 + 4, row * 8 + 8)), `row ${row}`)
  t.equal(augmented(0, shape)(key(1), image), image)
})
