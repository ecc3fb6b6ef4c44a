/** Ratios of a peer's time to ours, one bar each from the line at 1: to its left we are slower, to its right faster. */
import * as Plot from '@observablehq/plot'
import { chart, colours, faint } from './chartPage.ts'
import type { Ratio } from './line.ts'

export interface RatioPage {
  readonly title: string
  readonly subtitle: string
}

/** Logarithmic, the slowest first. */
export const ratioChart = (ratios: readonly Ratio[], { title, subtitle }: RatioPage): string => {
  const sorted = ratios.toSorted((a, b) => a.ratio - b.ratio)
  const values = sorted.map((r) => r.ratio)
  const end = (side: 1 | -1) => ({
    x: 'ratio',
    y: 'case',
    text: (r: Ratio) => r.ratio.toFixed(2),
    textAnchor: side > 0 ? ('start' as const) : ('end' as const),
    dx: 6 * side,
    fontSize: 12.5,
    fill: colours.ink,
  })
  const slower = sorted.filter((r) => r.ratio < 1)
  const faster = sorted.filter((r) => r.ratio >= 1)
  const marginLeft = 240
  const above = { x: 1, frameAnchor: 'top', dy: -10, fontSize: 12.5 } as const
  return chart({
    title,
    subtitle,
    height: 100 + 23 * sorted.length,
    marginLeft,
    rows: sorted.map((r) => r.case),
    x: { type: 'log', domain: [0.84 * Math.min(...values), 1.12 * Math.max(...values)] },
    marks: [
      Plot.barX(slower, { x1: 'ratio', x2: 1, y: 'case', fill: colours.slower, rx: 2 }),
      Plot.barX(faster, { x1: 1, x2: 'ratio', y: 'case', fill: colours.ours, rx: 2 }),
      Plot.ruleX([1], { stroke: colours.ink, strokeWidth: 1.4 }),
      Plot.text(slower, end(-1)),
      Plot.text(faster, end(1)),
      Plot.text(sorted, {
        frameAnchor: 'left',
        y: 'case',
        text: 'case',
        textAnchor: 'start',
        dx: 16 - marginLeft,
        fontSize: 12.5,
      }),
      Plot.text([`PyTorch faster: ${slower.length}`], { ...above, textAnchor: 'end', dx: -10, fill: colours.slower }),
      Plot.text([`diffit faster: ${faster.length}`], { ...above, textAnchor: 'start', dx: 10, fill: colours.ours }),
      Plot.text(['1'], { ...above, fill: faint }),
    ],
  })
}
