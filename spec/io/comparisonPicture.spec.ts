/** The picture of a comparison: everything that it was given is there, and nothing that a run can write breaks it. */
import * as E from 'fp-ts/lib/Either.js'
import sharp from 'sharp'
import t from 'tap'
import { type Comparison, colourOf, comparisonPicture } from '../../src/io/comparisonPicture.ts'
import { rasterise } from '../../src/io/plot.ts'
import { grid } from '../../src/io/png.ts'

const right = <A>(either: E.Either<string, A>): A => {
  if (E.isLeft(either)) throw new Error(either.left)
  return either.right
}

const samples = async (rows: number): Promise<Uint8Array> =>
  right(
    await grid({
      rows: Array.from({ length: rows }, () => ({ label: '', images: [new Float32Array(48), new Float32Array(48)] })),
      height: 4,
      width: 4,
      channels: 3,
    })(),
  )

const comparison = async (names: readonly string[]): Promise<Comparison> => ({
  title: 'Settings <compared>',
  subtitle: 'the same noise & order',
  compared: await Promise.all(
    names.map(async (name, i) => ({ name, captions: [`loss ${i}`], grid: i % 3 === 2 ? null : await samples(2) })),
  ),
  rows: ['Flags', 'Food & Drink'],
  curves: names.map((_, of) => ({
    of,
    points: Array.from({ length: 30 }, (_, i) => ({
      images: i,
      minutes: i * (of + 1),
      loss: 1 / (1 + i),
      validation: i % 10 === 0 ? 1 / (2 + i) : null,
    })),
  })),
  bars: ['loss', 'distance'].map((title) => ({
    title,
    bars: names.map((_, of) => ({ of, value: of + 1, low: of + 0.5, high: of + 1.5, text: `value ${of}` })),
  })),
})

const drawn = async (c: Comparison): Promise<string> => {
  const svg = right(await comparisonPicture(c)())
  const { width = 0, height = 0 } = await sharp(right(await rasterise(svg)())).metadata()
  t.equal(width, 1900)
  t.ok(height > 600)
  return svg
}

t.test('names, figures, curves and samples of all that is compared, each in its colour', async (t) => {
  const names = Array.from({ length: 5 }, (_, i) => `setting-${i}`)
  const svg = await drawn(await comparison(names))
  for (const [i, name] of names.entries()) {
    t.match(svg, `font-weight="bold" fill="${colourOf(i)}">${name}</text>`)
    t.ok(svg.split(name).length > 2, 'in the legend and the bars as well')
    t.match(svg, `value ${i}`)
    t.equal(svg.split(`stroke="${colourOf(i)}"`).length - 1, 1 + 2 * 2, 'legend; two lines in either chart')
  }
  t.equal(svg.split('<image ').length - 1, 4)
  t.match(svg, 'Settings &lt;compared&gt;')
  t.match(svg, 'Food &amp; Drink')
})

t.test('one setting, names of any text, runs without rows, losses that are not finite, no bars', async (t) => {
  const one = await comparison(['<svg> "&" \u0000 \ud800'])
  t.match(await drawn(one), '&lt;svg&gt; &quot;&amp;&quot;')
  const points = [Number.NaN, 0, -1, Number.POSITIVE_INFINITY].map((loss, i) => ({
    images: i,
    minutes: i,
    loss,
    validation: loss,
  }))
  for (const curves of [[], [{ of: 0, points: [] }], [{ of: 0, points }]])
    t.notMatch(await drawn({ ...one, curves, bars: [], rows: [''] }), /NaN|Infinity/)
})
