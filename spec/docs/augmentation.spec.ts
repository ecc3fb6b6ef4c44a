/** The picture of docs/diffit.md is what its script draws today: each row's images by the labels it names. */
import sharp from 'sharp'
import t from 'tap'
import { augmentation, labelsOf } from '../../docs/images/augmentation.ts'
import { must } from '../../src/cli/errors.ts'
import { key } from '../../src/random/key.ts'

/** The images, without what is written beside them: nine of 96 pixels, four apart. */
const imagesOf = async (picture: string | Uint8Array): Promise<Buffer> => {
  const { width, height } = await sharp(picture).metadata()
  const own = 9 * 100
  return sharp(picture)
    .extract({ left: width - own, top: 0, width: own, height })
    .removeAlpha()
    .raw()
    .toBuffer()
}

t.test('the file has the images that the script draws', async (t) => {
  const drawn = await must(augmentation(32, 740))
  t.ok((await imagesOf(drawn)).equals(await imagesOf('docs/images/augmentation.webp')))
})

t.test('a row of one transformation has that in its labels alone, and the flips each way', async (t) => {
  const rows = labelsOf(key(1))
  const own = [[0], [1], [2], [3, 4], [5, 6], [7, 8]]
  own.forEach((places, i) => {
    const labels = rows[i]?.labels ?? []
    t.ok(labels.length > 1)
    for (const label of labels) t.ok(label.every((v, at) => v === 0 || places.includes(at)))
    t.ok(labels.some((label) => label.some((v) => v !== 0)))
  })
  t.equal(rows.length, 8)
})
