/** Losses of several runs over the images seen, or over minutes of training, as SVG; the loss axis is logarithmic. */
import { axis, compact, grid, logTicks, type Pen, rangeOf, roomy, smooth, thinned } from './chart.ts'

/** A point of a run. */
export interface CurvePoint {
  readonly images: number
  readonly minutes: number
  /** Null where there is none. */
  readonly loss: number | null
  readonly validation: number | null
}

export interface Curve {
  /** The number of what was trained, from 0, which has a colour; runs of several seeds share it. */
  readonly of: number
  readonly points: readonly CurvePoint[]
}

export interface CurveShape {
  readonly x: 'images' | 'minutes'
  readonly colourOf: (of: number) => string
  readonly width: number
  readonly height: number
}

/** Positive and finite, since the axis is logarithmic. */
const series = ({ points }: Curve, x: CurveShape['x'], y: 'loss' | 'validation') =>
  points.flatMap((point) => {
    const value = point[y]
    return value !== null && Number.isFinite(value) && value > 0 ? [{ x: point[x], y: value }] : []
  })

/** Training losses smoothed and faint, validation losses strong. */
export const curveChart = ({ Plot, document }: Pen, curves: readonly Curve[], shape: CurveShape): string => {
  const { x, colourOf, width, height } = shape
  const drawn = curves.map((curve) => ({
    stroke: colourOf(curve.of),
    training: thinned(smooth(series(curve, x, 'loss'))),
    validation: series(curve, x, 'validation'),
  }))
  const all = drawn.flatMap(({ training, validation }) => [...training, ...validation])
  const end = all.reduce((most, point) => Math.max(most, point.x), 0)
  const { low, high } = roomy(rangeOf(all), true)
  const range = all.length === 0 ? { low: 0.1, high: 1 } : { low, high }
  const ticks = logTicks(range)
  const place = { x: 'x', y: 'y', clip: true } as const
  const svg = Plot.plot({
    document,
    width,
    height,
    marginLeft: 70,
    marginBottom: 52,
    marginTop: 40,
    marginRight: 16,
    style: { fontSize: '14px', fontFamily: 'DejaVu Sans, Verdana, sans-serif', background: 'white' },
    x: { domain: [0, 1.015 * end || 1] },
    y: { domain: [range.low, range.high], type: 'log' },
    marks: [
      Plot.axisY(ticks, { ...axis, fontSize: 14, label: null, text: String }),
      Plot.gridY(ticks, grid),
      Plot.axisX({
        ...axis,
        fontSize: 14,
        label: x === 'images' ? 'images seen' : 'minutes of training alone',
        labelAnchor: 'center',
        ticks: 8,
        tickFormat: (n: number) => compact.format(n),
      }),
      Plot.frame({ stroke: '#999' }),
      ...drawn.map(({ training, stroke }) =>
        Plot.line(training, { ...place, stroke, strokeOpacity: 0.3, strokeWidth: 1.2 }),
      ),
      ...drawn.flatMap(({ validation, stroke }) => [
        Plot.line(validation, { ...place, stroke, strokeWidth: 2.2 }),
        Plot.dot(validation, { ...place, fill: stroke, r: 3 }),
      ]),
      Plot.text(["validation loss at the setting's own noise levels (faint: training loss, smoothed)"], {
        frameAnchor: 'top-left',
        dy: -26,
        dx: -60,
        fill: '#444',
        fontSize: 14,
      }),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return svg.outerHTML
}
