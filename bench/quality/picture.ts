/** Losses over minutes of training, or over images where no pace is known; goals are dashed lines. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { colours, faint } from '../chartPage.ts'
import { type Paces, paceName } from './pace.ts'
import { type Entry, levels } from './table.ts'

const hues = { default: '#1f6fb4', edm: '#2b8a3e', old: '#c8553d' } as const
const [width, chartHeight, marginLeft, legendTop, legendLine] = [800, 370, 64, 66, 19]
const shown = { low: 0.13, high: 0.9 }

interface Line {
  readonly name: string
  readonly stroke: string
  readonly dash: string
  readonly points: readonly { readonly x: number; readonly loss: number }[]
}

/** Over minutes only if every contestant has a pace; one curve that stands for several is drawn once over images. */
const linesOf = (
  entries: readonly Entry[],
  paces: Paces | null,
): { readonly minutes: boolean; readonly lines: readonly Line[] } => {
  const paceOf = ({ contestant }: Entry): number | null => paces?.paces[paceName(contestant)]?.ms_per_image ?? null
  const minutes = entries.length > 0 && entries.every((entry) => paceOf(entry) !== null)
  const once = entries.filter(({ curve }, i) => minutes || entries.findIndex((other) => other.curve === curve) === i)
  return {
    minutes,
    lines: once.map((entry) => {
      const { contestant, curve, isOwn } = entry
      const scale = minutes ? (paceOf(entry) ?? Number.NaN) / 60_000 : 1
      const alike = entries.filter((other) => other.curve === curve).map((other) => other.contestant.name)
      const named = minutes ? contestant.name : alike.join(', ')
      return {
        name: isOwn ? named : `${named} (${curve.device}, ${curve.software})`,
        stroke: hues[contestant.recipe],
        dash: contestant.by === 'PyTorch' && (minutes || isOwn) ? '5 4' : 'none',
        points: curve.points.map(([images, loss]) => ({ x: images * scale, loss })),
      }
    }),
  }
}

/** An SVG document in the style of the other charts. */
export const qualityPicture = (entries: readonly Entry[], paces: Paces | null): string => {
  const { minutes, lines } = linesOf(entries, paces)
  const marginTop = legendTop + legendLine * (lines.length + 1)
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const above = { frameAnchor: 'top-left', textAnchor: 'start', dx: 16 - marginLeft } as const
  const end = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ x }) => x)))
  const ticks = [0.15, 0.2, 0.3, 0.5, 0.8]
  const title = 'Validation loss of emoji32 at EDM\u2019s noise levels'
  const svg = Plot.plot({
    document,
    width,
    height: marginTop + chartHeight,
    marginLeft,
    marginRight: 24,
    marginTop,
    marginBottom: 48,
    style: {
      fontSize: '13px',
      fontFamily: 'DejaVu Sans, Verdana, sans-serif',
      background: 'white',
      color: colours.ink,
    },
    x: { domain: [0, end] },
    y: { domain: [shown.low, shown.high], type: 'log' },
    marks: [
      Plot.text([title], { ...above, dy: 20 - marginTop, fontSize: 16, fontWeight: 'bold' }),
      Plot.text(
        [
          minutes
            ? `On ${paces?.threads ?? ''} threads: images of each curve times the pace of its contestant`
            : 'Over images: paces were not measured',
        ],
        {
          ...above,
          dy: 42 - marginTop,
          fontSize: 12.5,
          fill: faint,
        },
      ),
      ...lines.map(({ name, stroke, dash }, i) =>
        Plot.text([`${dash === 'none' ? '\u2014' : '- -'} ${name}`], {
          ...above,
          dy: legendTop - marginTop + legendLine * i,
          fontSize: 12,
          fill: stroke,
        }),
      ),
      Plot.axisX({
        label: minutes ? 'minutes of training' : 'images',
        labelAnchor: 'center',
        labelArrow: 'none',
        fontSize: 13,
      }),
      Plot.axisY(ticks, { label: null, fontSize: 13, tickFormat: String }),
      Plot.gridY(ticks, { stroke: '#000', strokeOpacity: 0.1 }),
      Plot.ruleY(levels, { stroke: faint, strokeDasharray: '3 3' }),
      ...levels.map((level, i) =>
        // the last two lie close together
        Plot.text([level], {
          y: [level],
          frameAnchor: 'right',
          dx: -4,
          dy: i === levels.length - 1 ? 8 : -7,
          text: String,
          fill: faint,
          fontSize: 11,
        }),
      ),
      Plot.frame({ stroke: '#999' }),
      ...lines.map(({ points, stroke, dash }) =>
        Plot.line(points, { x: 'x', y: 'loss', stroke, strokeWidth: 2, strokeDasharray: dash, clip: true }),
      ),
    ],
  })
  const name = document.createElementNS('http://www.w3.org/2000/svg', 'title')
  name.textContent = title
  svg.querySelector('style')?.replaceWith(name)
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return `${svg.outerHTML}\n`
}
