/** What the charts have in common: a white page with a title and a line below it, fonts, colours. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

export const colours = {
  ours: '#1f6fb4',
  peer: '#9aa5b1',
  other: '#c9d1d9',
  slower: '#c8553d',
  ink: '#1f2933',
} as const
export const faint = '#616e7c'

export interface Page {
  readonly title: string
  readonly subtitle: string
  readonly height: number
  /** Room for the names of rows. */
  readonly marginLeft: number
  readonly x: Plot.ScaleOptions
  /** The names of rows, from top to bottom. */
  readonly rows: readonly string[]
  readonly marks: readonly Plot.Markish[]
}

const width = 800
const [top, right, bottom] = [76, 24, 16]

/** An SVG document with one row for each name. */
export const chart = ({ title, subtitle, height, marginLeft, x, rows, marks }: Page): string => {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const above = { frameAnchor: 'top-left', textAnchor: 'start', dx: 16 - marginLeft } as const
  const whole = { insetLeft: -marginLeft - 1, insetRight: -right - 1, insetTop: -top - 1, insetBottom: -bottom - 1 }
  const svg = Plot.plot({
    document,
    width,
    height,
    marginLeft,
    marginRight: right,
    marginTop: top,
    marginBottom: bottom,
    style: {
      fontSize: '13px',
      fontFamily: 'DejaVu Sans, Verdana, sans-serif',
      background: 'white',
      color: colours.ink,
    },
    x: { ...x, axis: null },
    y: { domain: [...rows], axis: null, padding: 0.22 },
    marks: [
      Plot.frame({ stroke: 'none', fill: 'white', ...whole }),
      Plot.text([title], { ...above, dy: -60, fontSize: 16, fontWeight: 'bold', fill: colours.ink }),
      Plot.text([subtitle], { ...above, dy: -37, fontSize: 12.5, fill: faint }),
      ...marks,
    ],
  })
  const name = document.createElementNS('http://www.w3.org/2000/svg', 'title')
  name.textContent = title
  svg.querySelector('style')?.replaceWith(name)
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return `${svg.outerHTML}\n`
}
