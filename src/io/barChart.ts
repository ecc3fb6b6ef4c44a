/** Horizontal bars with their values, one for each name, as SVG: the mean of several values, and a line over their range. */
import type { Pen } from './chart.ts'
import { xmlText } from './svgText.ts'

export interface Bar {
  /** The number of its name, from 0. */
  readonly of: number
  readonly value: number
  readonly low: number
  readonly high: number
  /** The value in words. */
  readonly text: string
}

export interface BarShape {
  readonly title: string
  readonly names: readonly string[]
  readonly colourOf: (of: number) => string
  readonly width: number
  readonly height: number
}

const longest = 22
const shortened = (name: string): string => {
  const letters = [...xmlText(name)]
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : letters.join('')
}

/** A name without a bar keeps its row. */
export const barChart = ({ Plot, document }: Pen, bars: readonly Bar[], shape: BarShape): string => {
  const { title, names, colourOf, width, height } = shape
  const most = bars.reduce((m, bar) => Math.max(m, bar.high), 0)
  const nameWidth = Math.max(...names.map((name) => [...shortened(name)].length)) * 9 + 14
  const ranged = bars.filter(({ low, high }) => high > low)
  const svg = Plot.plot({
    document,
    width,
    height,
    marginLeft: nameWidth,
    marginBottom: 8,
    marginTop: 40,
    marginRight: 24,
    style: { fontSize: '14px', fontFamily: 'DejaVu Sans, Verdana, sans-serif', background: 'white' },
    // room for the values behind the bars
    x: { domain: [0, 1.35 * most || 1], axis: null },
    y: { domain: names.map((_, i) => i), axis: null, padding: 0.25 },
    marks: [
      Plot.barX(bars, { x: 'value', y: 'of', fill: ({ of }: Bar) => colourOf(of) }),
      Plot.ruleY(ranged, { x1: 'low', x2: 'high', y: 'of', stroke: '#222', strokeWidth: 2 }),
      Plot.text(bars, { x: 'high', y: 'of', text: 'text', textAnchor: 'start', dx: 8, fontSize: 14 }),
      Plot.text(
        names.map((name, of) => ({ of, name: shortened(name) })),
        { frameAnchor: 'left', y: 'of', text: 'name', textAnchor: 'end', dx: -8, fontSize: 14 },
      ),
      Plot.ruleX([0], { stroke: '#999' }),
      Plot.text([xmlText(title)], {
        frameAnchor: 'top-left',
        dy: -28,
        dx: -nameWidth + 4,
        fontSize: 16,
        fontWeight: 'bold',
      }),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return svg.outerHTML
}
