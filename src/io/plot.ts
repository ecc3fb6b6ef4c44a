/**
 * The loss curve of a run as SVG and PNG: training loss (raw faint, smoothed strong) and validation loss against the
 * images seen. Drawn by Observable Plot; this file only prepares the numbers. Non-finite losses are left out.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../codec/element.ts'
import {
  axis,
  compact,
  grid,
  logTicks,
  type Pen,
  type Point,
  pen,
  type Range,
  rangeOf,
  roomy,
  smooth,
  thinned,
} from './chart.ts'
import { companion, sharp } from './companion.ts'
import { xmlText } from './svgText.ts'

/** The losses after so many images; null or absent where there is none. */
export interface LossRow {
  readonly images: number
  readonly loss?: number | null
  readonly validation?: number | null
  /** Other numbers of a validation, by name; those that are shares, from 0 to 1, are drawn (the accuracy of a classifier). */
  readonly measures?: Readonly<Record<string, number>>
}
/** The size of a picture in pixels, and its title. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly title?: string
}

const frame: Frame = { width: 800, height: 500 }
const colours = { training: '#1f6fb4', validation: '#d1495b', measures: ['#2a9d5c', '#8a5fbf', '#b8860b'] } as const

const series = (rows: readonly LossRow[], of: 'loss' | 'validation'): readonly Point[] =>
  rows.flatMap((row) => {
    const y = row[of]
    return typeof y === 'number' && Number.isFinite(y) && Number.isFinite(row.images) ? [{ x: row.images, y }] : []
  })

interface Measure {
  readonly name: string
  readonly colour: string
  readonly points: readonly Point[]
}

/** The numbers that are shares, whatever their values: a ratio in decibels may be below 1 too. */
const shareNames: ReadonlySet<string> = new Set(['accuracy'])

/** The other numbers of the validations that are shares, one line for each. */
const measuresOf = (rows: readonly LossRow[]): readonly Measure[] =>
  [...new Set(rows.flatMap(({ measures = {} }) => Object.keys(measures)))]
    .filter((name) => shareNames.has(name))
    .map((name, i) => ({
      name,
      colour: element(colours.measures, i % colours.measures.length),
      points: rows.flatMap(({ images, measures }) => {
        const y = measures?.[name]
        return y === undefined ? [] : [{ x: images, y }]
      }),
    }))

const percent = (share: number | undefined): string =>
  share === undefined ? 'none yet' : `${(100 * share).toFixed(1)} %`

/** A share as a height of the loss axis: 0 at its lower end, 1 at its upper. */
const shareOn =
  ({ low, high }: Range, log: boolean) =>
  (share: number): number =>
    log ? low * (high / low) ** share : low + (high - low) * share

const shares = [0, 0.2, 0.4, 0.6, 0.8, 1]

/** The lines of other numbers, with their axis on the right; none where there are none. */
const measureMarks = ({ Plot }: Pen, measures: readonly Measure[], range: Range, log: boolean) => {
  const on = shareOn(range, log)
  const heights = new Map(shares.map((share) => [on(share), share]))
  return measures.length === 0
    ? []
    : [
        Plot.axisY([...heights.keys()], {
          ...axis,
          anchor: 'right',
          label: 'share',
          text: (height: number) => `${Math.round(100 * (heights.get(height) ?? Number.NaN))} %`,
        }),
        ...measures.flatMap(({ points, colour }) => {
          const placed = points.map(({ x, y }) => ({ x, y: on(y) }))
          return [
            Plot.line(placed, { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.2, clip: true }),
            Plot.dot(placed, { x: 'x', y: 'y', fill: colour, r: 3, clip: true }),
          ]
        }),
      ]
}

const draw = (pen: Pen, rows: readonly LossRow[], { width, height, title }: Frame): string => {
  const { Plot, document } = pen
  const measures = measuresOf(rows)
  const [training, validation] = [series(rows, 'loss'), series(rows, 'validation')]
  const all = [...training, ...validation]
  const last = all.reduce((m, p) => Math.max(m, p.x), 0)
  const shown = [...thinned(training), ...validation]
  const values = rangeOf(shown)
  const log = values.low > 0 && values.high > 2 * values.low
  const range = roomy(values, log)
  const legend = [
    ...(training.length === 0
      ? []
      : [{ text: '—  training loss, smoothed (faint: each row)', fill: colours.training }]),
    ...(validation.length === 0
      ? []
      : [
          {
            text: rows.every((row) => row.measures === undefined)
              ? '●  validation loss, fixed noise'
              : '●  validation loss',
            fill: colours.validation,
          },
        ]),
    ...measures.map(({ name, colour, points }) => ({
      text: `●  validation ${name} (right axis), ${percent(points.at(-1)?.y)}`,
      fill: colour,
    })),
    ...(all.length === 0 ? [{ text: 'no losses yet', fill: '#555' }] : []),
  ]
  const svg = Plot.plot({
    document,
    width,
    height,
    marginLeft: 64,
    marginBottom: 48,
    marginTop: 52 + 19 * measures.length,
    marginRight: measures.length === 0 ? 24 : 60,
    style: { fontSize: '13px', fontFamily: 'DejaVu Sans, Verdana, sans-serif', background: 'white' },
    x: { domain: [0, 1.015 * last || 1] },
    y: { domain: [range.low, range.high], type: log ? 'log' : 'linear' },
    marks: [
      log
        ? Plot.axisY(logTicks(range), { ...axis, label: 'loss (logarithmic)', text: String })
        : Plot.axisY({ ...axis, label: 'loss', ticks: 8 }),
      log ? Plot.gridY(logTicks(range), grid) : Plot.gridY({ ...grid, ticks: 8 }),
      Plot.axisX({
        ...axis,
        label: 'images seen',
        labelAnchor: 'center',
        ticks: 8,
        tickFormat: (n: number) => compact.format(n),
      }),
      Plot.frame({ stroke: '#999' }),
      Plot.line(thinned(training), {
        x: 'x',
        y: 'y',
        stroke: colours.training,
        strokeOpacity: 0.25,
        strokeWidth: 1,
        clip: true,
      }),
      Plot.line(thinned(smooth(training)), { x: 'x', y: 'y', stroke: colours.training, strokeWidth: 2.2, clip: true }),
      ...(training.length === 1 ? [Plot.dot(training, { x: 'x', y: 'y', fill: colours.training, r: 4 })] : []),
      Plot.line(validation, { x: 'x', y: 'y', stroke: colours.validation, strokeWidth: 1.2, strokeDasharray: '4 3' }),
      Plot.dot(validation, { x: 'x', y: 'y', fill: colours.validation, r: 3.5 }),
      ...measureMarks(pen, measures, range, log),
      ...legend.map(({ text, fill }, i) =>
        Plot.text([text], {
          frameAnchor: 'top-right',
          dy: -44 + 19 * (i - measures.length),
          fill,
          fontSize: 13,
        }),
      ),
      ...(title === undefined
        ? []
        : [Plot.text([xmlText(title)], { frameAnchor: 'top', dy: -36, fontSize: 15, fill: '#222' })]),
    ],
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return svg.outerHTML
}

/**
 * Training and validation loss over the images seen, as an SVG document. The loss axis is logarithmic if losses are positive and range over more than a factor of two. A Left
 * names a package that is missing.
 */
export const lossCurve = (rows: readonly LossRow[], shape: Frame = frame): TE.TaskEither<string, string> =>
  pipe(
    pen,
    TE.map((pen) => draw(pen, rows, shape)),
  )

/** An image of an SVG document, pixel for pixel. */
export const rasterise = (svg: string): TE.TaskEither<string, Uint8Array> =>
  pipe(
    companion('drawing a plot')(sharp),
    TE.chain((sharp) =>
      TE.tryCatch(
        () => sharp(Buffer.from(svg)).flatten({ background: 'white' }).png().toBuffer(),
        (error) => `cannot draw the plot: ${error instanceof Error ? error.message : String(error)}`,
      ),
    ),
  )
