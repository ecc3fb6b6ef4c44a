/** Animations: as many frames as pictures, for as long as they should last. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import sharp from 'sharp'
import t from 'tap'
import { animation } from '../../src/io/animation.ts'
import { pictureWhole } from '../../src/io/png.ts'

const page = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 3, height: 2, channels: 3, background } })
    .png()
    .toBuffer()
const frames = [await page('#f00'), await page('#0f0'), await page('#00f')]

for (const format of ['webp', 'gif'] as const)
  t.test(`${format}: every picture is a frame; the last one is held, and then it begins again`, async (t) => {
    const made = await animation({ format, moving: 200, held: 900 })(frames)()
    if (E.isLeft(made)) throw new Error(made.left)
    const { pages, delay, loop, format: found } = await sharp(made.right, { animated: true }).metadata()
    t.same({ pages, delay, loop, found }, { pages: 3, delay: [100, 100, 900], loop: 0, found: format })
    const last = await sharp(made.right, { page: 2 }).removeAlpha().raw().toBuffer()
    t.same([...last.subarray(0, 3)], [0, 0, 255])
    const dir = t.testdir({ whole: made.right, torn: made.right.subarray(0, -10) })
    t.ok(E.isRight(await pictureWhole(join(dir, 'whole'))()))
    // the decoder of GIF takes a torn file for a shorter one
    if (format === 'webp')
      t.match(await pictureWhole(join(dir, 'torn'))(), { left: /torn is not a whole picture: / }, 'a torn one is found')
  })

t.test('what is no picture is a sentence', async (t) => {
  const made = await animation({ format: 'webp', moving: 200, held: 900 })([Uint8Array.of(1, 2), Uint8Array.of(3)])()
  t.match(made, { _tag: 'Left', left: /^cannot draw the animation: / })
})
