/** The loss curve: what it shows, and that nothing that a run can write breaks it. */
import * as E from 'fp-ts/lib/Either.js'
import sharp from 'sharp'
import t from 'tap'
import { smooth } from '../../src/io/chart.ts'
import { type LossRow, lossCurve, rasterise } from '../../src/io/plot.ts'

const curve = async (...args: Parameters<typeof lossCurve>): Promise<string> => {
  const svg = await lossCurve(...args)()
  if (E.isLeft(svg)) throw new Error(svg.left)
  return svg.right
}

const falling: readonly LossRow[] = Array.from({ length: 200 }, (_, i) => ({
  images: 16 * (i + 1),
  loss: 0.2 + Math.exp(-i / 40) + 0.05 * Math.sin(i),
  ...(i % 50 === 0 ? { validation: 0.25 + Math.exp(-i / 40) } : {}),
}))
const curves: Readonly<Record<string, readonly LossRow[]>> = {
  'a run': falling,
  'no rows': [],
  'one row': [{ images: 16, loss: 1.1, validation: 1.2 }],
  'one row at no images': [{ images: 0, loss: 1 }],
  'a constant': Array.from({ length: 9 }, (_, i) => ({ images: i, loss: 0.5, validation: 0.5 })),
  zeros: [
    { images: 1, loss: 0 },
    { images: 2, loss: 0 },
  ],
  'NaN and infinity': [
    { images: 1, loss: Number.NaN },
    { images: 2, loss: Infinity, validation: null },
    { images: 3, loss: 0.5 },
  ],
  'only NaN': [{ images: 1, loss: Number.NaN }],
  'a hundred thousand rows': Array.from({ length: 100_000 }, (_, i) => ({ images: i, loss: 1 + (i % 7) })),
  'losses of very different size': [
    { images: 1, loss: 1e-9 },
    { images: 2, loss: 1e9 },
  ],
}

for (const [name, rows] of Object.entries(curves))
  t.test(`${name}: an SVG without NaN, and an image of 800 x 500`, async (t) => {
    const svg = await curve(rows)
    t.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
    t.notMatch(svg, /NaN|Infinity|undefined/)
    t.ok(svg.length < 200_000, `${svg.length} characters`)
    const png = await rasterise(svg)()
    if (E.isLeft(png)) return t.fail(png.left)
    const { width, height, format } = await sharp(png.right).metadata()
    t.same({ width, height, format }, { width: 800, height: 500, format: 'png' })
  })

t.test('axes and curves are labelled', async (t) => {
  const svg = await curve(falling, { width: 800, height: 500, title: 'emoji32 & more' })
  for (const words of [
    'images seen',
    'loss (logarithmic)',
    'training loss, smoothed',
    'validation loss',
    'emoji32 &amp; more',
  ])
    t.ok(svg.includes(words), words)
  t.equal(svg.match(/<circle/g)?.length, 4, 'one point for each validation loss')
  t.notMatch(await curve([{ images: 1, loss: 1 }]), /validation/)
  t.match(await curve([]), /no losses yet/)
})

t.test('a title of any text can be drawn', async (t) => {
  const svg = await curve(falling, { width: 800, height: 500, title: 'a \u0000 <b> \ud800' })
  t.ok(E.isRight(await rasterise(svg)()))
})

t.test('colours are those of the curves', async (t) => {
  const png = await rasterise(await curve(falling))()
  if (E.isLeft(png)) return t.fail(png.left)
  const { data, info } = await sharp(png.right).raw().toBuffer({ resolveWithObject: true })
  const pixels = Array.from({ length: info.width * info.height }, (_, i) => i * info.channels)
  const like = (r: number, g: number, b: number): number =>
    pixels.filter(
      (i) => Math.abs((data[i] ?? 0) - r) + Math.abs((data[i + 1] ?? 0) - g) + Math.abs((data[i + 2] ?? 0) - b) < 20,
    ).length
  t.ok(like(0x1f, 0x6f, 0xb4) > 300, 'the training curve')
  t.ok(like(0xd1, 0x49, 0x5b) > 60, 'the validation points')
  t.ok(like(255, 255, 255) > 200_000, 'white paper')
})

t.test(
  'smooth: a constant stays constant; the first value is unchanged; the average stays between minimum and maximum',
  async (t) => {
    const constant = [0, 5, 1000].map((x) => ({ x, y: 0.3 }))
    for (const { y } of smooth(constant)) t.ok(Math.abs(y - 0.3) < 1e-15)
    const points = [1, 2, 4, 8, 100, 101].map((x, i) => ({ x, y: i % 2 }))
    const averages = smooth(points)
    t.same(averages[0], points[0])
    t.ok(averages.every(({ y }) => y >= 0 && y <= 1))
    t.same(
      averages.map(({ x }) => x),
      points.map(({ x }) => x),
    )
  },
)
