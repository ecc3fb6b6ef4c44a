/** Pictures of users, as models take them. */
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { must } from '../../../src/cli/errors.ts'
import { fittedLine, readImage, readMask } from '../../../src/cli/sample/imageFile.ts'
import { byte } from '../../../src/io/png.ts'

const folder = t.testdir()
const [colour, grey] = [
  { size: 2, channels: 3 },
  { size: 2, channels: 1 },
]
const rgb = [0, 1, 2, 253, 254, 255, 10, 20, 30, 77, 77, 77]
const path = join(folder, 'a.png')
await sharp(Buffer.from(rgb), { raw: { width: 2, height: 2, channels: 3 } })
  .png()
  .toFile(path)

t.test('a picture of the size of the model keeps every byte, in colour or in grey', async (t) => {
  const { image } = await must(readImage(path, colour))
  t.same(Array.from(image, byte), rgb)
  t.ok(image[0] === -1 && image[5] === 1)
  // 0.299 r + 0.587 g + 0.114 b
  t.same(Array.from((await must(readImage(path, grey))).image, byte), [1, 254, 18, 77])
})

t.test('a picture of another size, turned by its EXIF orientation, says its extent as it is shown', async (t) => {
  const turned = join(folder, 'b.jpg')
  await sharp({ create: { width: 6, height: 4, channels: 3, background: 'white' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(turned)
  const given = await must(readImage(turned, colour))
  t.equal(fittedLine(given, colour), `${turned}: 4 x 6, cut to a square and resized to 2 x 2`)
  t.equal(fittedLine({ ...given, width: 4, height: 4 }, colour), `${turned}: 4 x 4, resized to 2 x 2`)
  t.equal(fittedLine({ ...given, width: 2, height: 2 }, colour), null)
})

t.test('a mask is 1 from the middle of grey up; what is transparent is white', async (t) => {
  const given = await must(readImage(path, colour))
  const mask = join(folder, 'm.png')
  const shades = [127, 127, 127, 255, 128, 128, 128, 255, 0, 0, 0, 255, 0, 0, 0, 0]
  await sharp(Buffer.from(shades), { raw: { width: 2, height: 2, channels: 4 } })
    .png()
    .toFile(mask)
  t.same([...(await must(readMask(mask, given, colour)))], [0, 1, 0, 1])
})
