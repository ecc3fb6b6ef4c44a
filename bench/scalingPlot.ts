/** A plot of step time against GFLOP: labelled points, and the line through the origin. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { rasterise } from '../src/io/plot.ts'

export interface Measured {
  readonly name: string
  readonly model: 'image' | 'latent'
  readonly gflop: number
  readonly ms: number
}

const colours = { image: '#1f6fb4', latent: '#7a4fa3', line: '#d1495b' } as const
const axis = { labelArrow: 'none', fontSize: 13, ticks: 8 } as const
const grid = { stroke: '#000', strokeOpacity: 0.12, ticks: 8 } as const

export const drawScaling = (points: readonly Measured[], slope: number, threads: number) => {
  const [right, top] = [
    1.05 * Math.max(...points.map((p) => p.gflop)),
    1.08 * Math.max(...points.map((p) => Math.max(p.ms, slope * p.gflop))),
  ]
  const line = [
    { gflop: 0, ms: 0 },
    { gflop: right, ms: slope * right },
  ]
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  // numbers next to the points, names in the empty corner below the line: names next to points would overlap
  const numbered = points.toSorted((a, b) => a.gflop - b.gflop).map((p, i) => ({ ...p, number: `${i + 1}` }))
  const sideOf = (p: Measured): number => (p.ms >= slope * p.gflop ? -1 : 1)
  const svg = Plot.plot({
    document,
    width: 800,
    height: 500,
    marginLeft: 64,
    marginBottom: 48,
    marginTop: 46,
    marginRight: 24,
    style: { fontSize: '13px', fontFamily: 'DejaVu Sans, Verdana, sans-serif', background: 'white' },
    x: { domain: [0, right] },
    y: { domain: [0, top] },
    marks: [
      Plot.axisY({ ...axis, label: 'milliseconds per training step (median)' }),
      Plot.axisX({ ...axis, label: 'GFLOP of products per step', labelAnchor: 'center' }),
      Plot.gridY(grid),
      Plot.gridX(grid),
      Plot.frame({ stroke: '#999' }),
      Plot.line(line, { x: 'gflop', y: 'ms', stroke: colours.line, strokeWidth: 1.6, clip: true }),
      Plot.dot(points, { x: 'gflop', y: 'ms', fill: (p: Measured) => colours[p.model], r: 4.5 }),
      ...[-1, 1].map((side) =>
        Plot.text(
          numbered.filter((p) => sideOf(p) === side),
          { x: 'gflop', y: 'ms', text: 'number', dx: 11 * side, dy: 7 * side, fontSize: 13, fontWeight: 'bold' },
        ),
      ),
      ...numbered.map((p, i) =>
        Plot.text([`${p.number}  ${p.name}`], {
          frameAnchor: 'bottom-right',
          textAnchor: 'start',
          dx: -215,
          dy: -12 - 18 * (numbered.length - 1 - i),
          fill: colours[p.model],
          fontSize: 13,
        }),
      ),
      Plot.text(
        [`least squares through the origin: ${slope.toFixed(2)} ms per GFLOP (${(1e3 / slope).toFixed(0)} GFLOPS)`],
        {
          frameAnchor: 'top-right',
          dy: -20,
          fill: colours.line,
          fontSize: 13,
        },
      ),
      Plot.text([`${threads} thread${threads === 1 ? '' : 's'}`], {
        frameAnchor: 'top-left',
        dy: -20,
        fill: '#222',
        fontSize: 13,
      }),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return rasterise(svg.outerHTML)
}
