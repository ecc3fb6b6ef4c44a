/** Every picture that training shows, with its share: worked by hand, and beside what the stream shows. */
import t from 'tap'
import { examples } from '../../src/data/batches.ts'
import { trainingPictures } from '../../src/data/trainingPictures.ts'
import { key } from '../../src/random/key.ts'
import { numbered } from './dataset.ts'

t.test('classes equally or by their items, items equally, variants and mirrorings equally', async (t) => {
  const natural = numbered([1, 2], 2, false, false)
  t.same(
    trainingPictures(natural),
    [0, 1, 2, 3, 4, 5].map((index) => ({ index, mirrored: false, share: 1 / 3 / 2 })),
  )
  const balanced = numbered([1, 0, 2], 1, true, true)
  t.same(trainingPictures(balanced), [
    { index: 0, mirrored: false, share: 1 / 4 },
    { index: 0, mirrored: true, share: 1 / 4 },
    { index: 1, mirrored: false, share: 1 / 8 },
    { index: 1, mirrored: true, share: 1 / 8 },
    { index: 2, mirrored: false, share: 1 / 8 },
    { index: 2, mirrored: true, share: 1 / 8 },
  ])
})

t.test('shares of a class are those of the stream, exactly over its epochs', async (t) => {
  for (const balanced of [false, true]) {
    const data = numbered([1, 2, 4], 3, balanced, true)
    const at = examples(data, key(3))
    const positions = 3 * 4 * 7
    const shown = [0, 0, 0]
    for (let i = 0; i < positions; i++) shown[at(i).label] = (shown[at(i).label] ?? Number.NaN) + 1
    const all = trainingPictures(data)
    for (const c of [0, 1, 2]) {
      const share = all.filter(({ index }) => data.label(index) === c).reduce((sum, one) => sum + one.share, 0)
      t.ok(Math.abs(share - (shown[c] ?? Number.NaN) / positions) < 1e-14, `class ${c}`)
    }
  }
})
