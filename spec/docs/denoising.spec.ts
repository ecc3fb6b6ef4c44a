/** The animation of docs/images/denoising.ts: from noise to the images that `sample` draws. */
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { denoising, shown } from '../../docs/images/denoising.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { train } from '../../src/cli/train.ts'
import { config, quiet } from '../cli/tiny.ts'

t.test('a state is shown at the deviation of images: noise at a high level, the image as it is at 0', async (t) => {
  const x = Float64Array.of(-1, 0.25, 0.5)
  t.same(shown({ x, sigma: 0 }, 0.5), x)
  t.same(
    shown({ x: x.map((v) => 1e6 * v), sigma: 1e6 }, 0.5).map((v) => Math.round(1e6 * v) / 1e6),
    x.map((v) => 0.5 * v),
  )
})

/** The lowest row of the last image of a grid, 8 pixels wide: [r, g, b] at the middle of each pixel. */
const pixelsOf = async (picture: Uint8Array | string, scale: number, page: number): Promise<readonly number[]> => {
  const { data, info } = await sharp(picture, { page }).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const [last, edge] = [info.width - 4, info.height - 4]
  return [1, 2, 3, 4, 5, 6, 7, 8].flatMap((i) => {
    const at = Math.floor(edge - scale / 2) * info.width + Math.floor(last - scale * (i - 0.5))
    return [...data.subarray(3 * at, 3 * at + 3)]
  })
}
const apart = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + Math.abs(v - (b[i] ?? Number.NaN)), 0) / a.length

t.test('one row for each class named, the last frame is what sample draws and is held', async (t) => {
  const folder = t.testdir()
  const run = join(folder, 'run')
  await train({ config: config(folder), backend: 'wasm', steps: 2, out: run }, quiet())
  const usual = { run, count: 2, steps: 12, seed: 3 }
  const film = await denoising(['Flags', 'Symbols'], usual)
  const { pages = 0, delay = [], loop, pageHeight, width } = await sharp(film, { animated: true }).metadata()
  const drawnWith = (seed: number) =>
    sample({ ...usual, seed, class: 'Symbols', out: join(folder, `${seed}.png`) }, () => undefined)
  const png = await drawnWith(3)
  const drawn = await sharp(png).metadata()
  t.equal(pageHeight, 2 * 128 + 3 * 4)
  t.equal((width ?? 0) - drawn.width, 2 * (128 - 96))
  t.ok(pages >= 3 && delay.length === pages && loop === 0)
  t.ok((delay.at(-1) ?? 0) >= 1600)
  const final = await pixelsOf(film, 16, pages - 1)
  const distance = apart(final, await pixelsOf(png, 12, 0))
  t.ok(distance < 10, `${distance}`)
  t.ok(apart(final, await pixelsOf(await drawnWith(4), 12, 0)) > 2 * distance)
})

t.test('an unknown class is an error that names those that there are', async (t) => {
  const folder = t.testdir()
  const run = join(folder, 'run')
  await train({ config: config(folder), backend: 'wasm', steps: 1, out: run }, quiet())
  await t.rejects(denoising(['Flag'], { run }), { message: /^unknown class "Flag": .*"Flags"/ })
})
