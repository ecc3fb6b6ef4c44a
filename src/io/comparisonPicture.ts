/**
 * A comparison of training runs as one SVG: their losses over images and over minutes, bars of what they reached, and their
 * sample grids side by side. Curves and bars are drawn by Observable Plot; this file lays them out.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../codec/element.ts'
import { type Bar, barChart } from './barChart.ts'
import { pen } from './chart.ts'
import { type Curve, curveChart } from './curveChart.ts'
import { svgText } from './svgText.ts'

/** One of what is compared. */
export interface Compared {
  readonly name: string
  /** Its figures, a short line each. */
  readonly captions: readonly string[]
  /** A PNG with one row of samples for each of `rows`; null while there is none. */
  readonly grid: Uint8Array | null
}

export interface Comparison {
  readonly title: string
  readonly subtitle: string
  readonly compared: readonly Compared[]
  /** The names of the rows of samples. */
  readonly rows: readonly string[]
  readonly curves: readonly Curve[]
  /** Charts beside each other. */
  readonly bars: readonly { readonly title: string; readonly bars: readonly Bar[] }[]
}

const colours: readonly string[] = [
  '#4269d0',
  '#e8590c',
  '#2b8a3e',
  '#a463f2',
  '#c2255c',
  '#0c8599',
  '#9c6b4e',
  '#e0a100',
  '#5c677d',
  '#ff8ab7',
]
const [width, margin, space] = [1900, 40, 24]
const inside = width - 2 * margin
const [chartHeight, mostBars, mostAcross, rowNames] = [500, 3, 4, 170]

export const colourOf = (i: number): string => element(colours, i % colours.length)

/** A part of the picture, and where it ends. */
interface Part {
  readonly svg: string
  readonly bottom: number
}

const text = (x: number, y: number, size: number, said: string, more = ''): string =>
  `<text x="${x}" y="${y}" font-size="${size}" ${more}>${svgText(said)}</text>`

/** A chart of Plot at its place. */
const placed = (svg: string, x: number, y: number): string => svg.replace('<svg ', `<svg x="${x}" y="${y}" `)

const legend = (names: readonly string[], top: number): Part => {
  let [x, y] = [margin, top]
  const entries = names.map((name, i) => {
    const wide = 42 + [...name].length * 10
    if (x > margin && x + wide > width - margin) [x, y] = [margin, y + 28]
    const mark = `<line x1="${x}" x2="${x + 24}" y1="${y}" y2="${y}" stroke="${colourOf(i)}" stroke-width="4"/>`
    const entry = mark + text(x + 32, y + 5, 16, name)
    x += wide + space
    return entry
  })
  return { svg: entries.join(''), bottom: y + 20 }
}

/** Width and height in the header of a PNG. */
const sizeOf = (png: Uint8Array): readonly [number, number] => {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  return [view.getUint32(16), view.getUint32(20)]
}

const picture = (png: Uint8Array, x: number, y: number, wide: number, high: number): string =>
  `<image x="${x}" y="${y}" width="${wide}" height="${high}" href="data:image/png;base64,${Buffer.from(png).toString('base64')}"/>`

/** Grids that stand beside each other, with the names of their rows on the left. */
const gridRow = (
  all: readonly (Compared & { readonly colour: string })[],
  rows: readonly string[],
  top: number,
): Part => {
  const drawn = all.flatMap(({ grid }) => (grid === null ? [] : [sizeOf(grid)]))
  const names = rows.every((name) => name === '') ? 0 : rowNames
  const captions = Math.max(...all.map((one) => one.captions.length))
  const most = Math.max(1, ...drawn.map(([wide]) => wide))
  const scale = Math.min(1, (inside - names - (all.length - 1) * space) / all.length / most)
  const high = scale * Math.max(0, ...drawn.map(([, h]) => h))
  const start = top + 34 + captions * 20
  const labels = rows.map((name, i) =>
    text(margin + names - 10, start + ((i + 0.5) * high) / rows.length + 5, 14, name, 'text-anchor="end" fill="#444"'),
  )
  const cells = all.map(({ name, captions, grid, colour }, i) => {
    const x = margin + names + i * (scale * most + space)
    const head = text(x, top + 14, 18, name, `font-weight="bold" fill="${colour}"`)
    const lines = captions.map((caption, j) => text(x, top + 38 + 20 * j, 14, caption, 'fill="#444"'))
    const [w, h] = grid === null ? [0, 0] : sizeOf(grid)
    return [head, ...lines, grid === null ? '' : picture(grid, x, start, scale * w, scale * h)].join('')
  })
  return { svg: [...(drawn.length === 0 ? [] : labels), ...cells].join(''), bottom: start + high + 30 }
}

const grids = ({ compared, rows }: Comparison, top: number): Part => {
  const all = compared.map((one, i) => ({ ...one, colour: colourOf(i) }))
  const across = Math.min(mostAcross, Math.ceil(all.length / Math.ceil(all.length / mostAcross)))
  let [svg, bottom] = ['', top]
  for (let i = 0; i < all.length; i += across) {
    const part = gridRow(all.slice(i, i + across), rows, bottom)
    ;[svg, bottom] = [svg + part.svg, part.bottom]
  }
  return { svg, bottom }
}

/** Anything compared, in its order, has a colour of its own up to ten. A Left names a package that is missing. */
export const comparisonPicture = (c: Comparison): TE.TaskEither<string, string> =>
  pipe(
    pen,
    TE.map((pen) => {
      const names = c.compared.map(({ name }) => name)
      const keys = legend(names, 110)
      const half = (inside - space) / 2
      const shape = { width: half, height: chartHeight }
      const curves = (['images', 'minutes'] as const).map((x, i) =>
        placed(curveChart(pen, c.curves, { x, colourOf, ...shape }), margin + i * (half + space), keys.bottom),
      )
      const top = keys.bottom + chartHeight + space
      const each = (inside - (mostBars - 1) * space) / mostBars
      const high = c.bars.length === 0 ? 0 : 60 + 34 * names.length
      const bars = c.bars.map(({ title, bars }, i) =>
        placed(
          barChart(pen, bars, { title, names, colourOf, width: each, height: high }),
          margin + i * (each + space),
          top,
        ),
      )
      const samples = grids(c, top + high + (high === 0 ? 0 : space))
      const height = Math.ceil(samples.bottom)
      return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans, Verdana, sans-serif" fill="#222">`,
        `<rect width="${width}" height="${height}" fill="white"/>`,
        text(margin, 46, 24, c.title, 'font-weight="bold"'),
        text(margin, 76, 16, c.subtitle, 'fill="#555"'),
        keys.svg,
        ...curves,
        ...bars,
        samples.svg,
        '</svg>',
      ].join('\n')
    }),
  )
