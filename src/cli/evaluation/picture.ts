/**
 * An evaluation as one picture: samples by class, each above the training picture that is nearest to it, and how often the
 * network names the class; the figures in words above. The samples are every k-th of a class, never chosen ones.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../../codec/element.ts'
import { mirrored } from '../../data/batches.ts'
import type { Dataset } from '../../data/dataset.ts'
import type { ImageRequest } from '../../diffusion/sample.ts'
import { companion, sharp } from '../../io/companion.ts'
import { shortened } from '../../io/png.ts'
import { svgText } from '../../io/svgText.ts'
import { saidText } from '../settings/samplingSaid.ts'
import type { Evaluation } from './evaluation.ts'
import { judgedBy, namedFigures, percent } from './figures.ts'
import type { EvaluationState, Shown } from './state.ts'

/** A row of the picture: a class, and samples of it. */
export interface ShownRow {
  readonly name: string
  readonly all: readonly Shown[]
}

/** The shown samples by class. */
export const shownOf = (
  { shown }: EvaluationState,
  requests: readonly ImageRequest[],
  places: ReadonlySet<number>,
  classes: readonly string[] | null,
): readonly ShownRow[] => {
  const labels = [...places].sort((a, b) => a - b).map((i) => element(requests, i).label)
  const rows = [...new Set(labels)].sort((a, b) => Number(a) - Number(b))
  return rows.map((row) => ({
    name: row === null || classes === null ? '' : element(classes, row),
    all: shown.filter((_, i) => labels[i] === row),
  }))
}

const [margin, gap, lettering, lineHeight] = [24, 6, 15, 22]
const colours = {
  paper: '#ffffff',
  ink: '#222222',
  faint: '#767676',
  bar: '#1f6fb4',
  trough: '#d6d6d6',
  frame: '#d0d0d0',
}

/** Places in pixels. */
interface Layout {
  readonly scale: number
  readonly side: number
  readonly left: number
  readonly top: number
  readonly bars: number
  readonly width: number
  readonly height: number
}

/** The grey level of the page: white pictures stand out from it. */
const paper = 240
const barWidth = 150
const pairGap = 2
const rowGap = 14

const layoutOf = (rows: readonly ShownRow[], size: number, lines: number, withBars: boolean): Layout => {
  const scale = Math.max(1, Math.ceil(72 / size))
  const side = scale * size
  const longest = Math.max(...rows.map(({ name }) => [...shortened(name)].length))
  const left = margin + (longest === 0 ? 0 : Math.ceil(longest * lettering * 0.62) + 12)
  const top = margin + 34 + lines * lineHeight + 40
  const columns = Math.max(...rows.map(({ all }) => all.length))
  const bars = left + columns * (side + gap) + 24
  return {
    scale,
    side,
    left,
    top,
    bars,
    width: Math.max(780, withBars ? bars + barWidth + 60 + margin : bars - 24 + margin),
    height: top + rows.length * (2 * side + pairGap + rowGap) + margin,
  }
}

const rowTop = (l: Layout, row: number): number => l.top + row * (2 * l.side + pairGap + rowGap)

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x}" y="${y}" ${more}>${svgText(words)}</text>`

const barsOf = (rows: readonly ShownRow[], l: Layout, accuracy: NonNullable<Evaluation['class_accuracy']>): string => {
  const heldOut = accuracy.held_out_accuracy
  const [first, last] = [rowTop(l, 0), rowTop(l, rows.length) - rowGap]
  const mark = heldOut === null ? null : l.bars + barWidth * heldOut
  return [
    text(l.bars, l.top - 26, 'class accuracy'),
    ...(mark === null || heldOut === null
      ? []
      : [
          `<line x1="${mark}" x2="${mark}" y1="${first}" y2="${last}" stroke="${colours.faint}" stroke-dasharray="4 4"/>`,
          text(
            l.bars,
            l.top - 8,
            `- - held-out pictures: ${percent(heldOut)}`,
            `fill="${colours.faint}" font-size="12"`,
          ),
        ]),
    ...rows.map(({ name }, i) => {
      const share = accuracy.by_class.find((one) => one.name === name)?.accuracy ?? null
      const y = rowTop(l, i) + l.side - 12
      const trough = `<rect x="${l.bars}" y="${y}" width="${barWidth}" height="24" fill="${colours.trough}"/>`
      if (share === null) return trough
      return `${trough}<rect x="${l.bars}" y="${y}" width="${barWidth * share}" height="24" fill="${colours.bar}"/>${text(
        l.bars + barWidth + 8,
        y + 17,
        `${Math.round(100 * share)} %`,
      )}`
    }),
  ].join('')
}

const lettered = (e: Evaluation, rows: readonly ShownRow[], l: Layout): string => {
  const { count, guidance, steps, sampler, others } = e.sampling
  const figures = namedFigures(e)
  const title = `${count} samples after ${e.images.toLocaleString('en')} images: guidance ${guidance}, ${steps} steps of ${sampler}${saidText(others)}`
  const style = `font-family="DejaVu Sans, Verdana, sans-serif" font-size="${lettering}" fill="${colours.ink}"`
  const body = [
    text(margin, margin + 18, title, 'font-size="20" font-weight="bold"'),
    text(margin, margin + 34 + 14, judgedBy(e), `fill="${colours.faint}"`),
    ...figures.flatMap(([name, value], i) => {
      const y = margin + 34 + 14 + (i + 1) * lineHeight
      return [text(margin, y, name), text(margin + 240, y, value)]
    }),
    text(
      l.left,
      l.top - 8,
      'every k-th sample, and below it the nearest training picture',
      `fill="${colours.faint}" font-size="12"`,
    ),
    ...rows.map(({ name }, i) =>
      text(l.left - 12, rowTop(l, i) + l.side, shortened(name), 'dy="0.35em" text-anchor="end"'),
    ),
    ...(e.class_accuracy === null ? [] : [barsOf(rows, l, e.class_accuracy)]),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${l.width}" height="${l.height}" ${style}>${body.join('')}</svg>`
}

/** Every pixel of a picture as a square. */
const put = (
  rgb: Uint8Array,
  l: Layout,
  x0: number,
  y0: number,
  picture: Uint8Array,
  size: number,
  channels: number,
): void => {
  for (let y = 0; y < l.side; y++)
    for (let x = 0; x < l.side; x++) {
      const from = (Math.floor(y / l.scale) * size + Math.floor(x / l.scale)) * channels
      const to = ((y0 + y) * l.width + x0 + x) * 3
      for (let c = 0; c < 3; c++) rgb[to + c] = element(picture, from + (channels === 1 ? 0 : c))
    }
}

const bytes = (image: Float32Array): Uint8Array => Uint8Array.from(image, (x) => Math.round((x + 1) * 127.5))

const raster = (rows: readonly ShownRow[], l: Layout, dataset: Dataset): Uint8Array => {
  const { size, channels } = dataset
  const rgb = new Uint8Array(l.width * l.height * 3).fill(paper)
  rows.forEach(({ all }, i) => {
    all.forEach(({ picture, index, mirrored: turned }, j) => {
      const x = l.left + j * (l.side + gap)
      const training = dataset.image(index)
      put(rgb, l, x, rowTop(l, i), picture, size, channels)
      const below = bytes(turned ? mirrored(training, size, channels) : training)
      put(rgb, l, x, rowTop(l, i) + l.side + pairGap, below, size, channels)
    })
  })
  return rgb
}

/** The picture as PNG. */
export const evaluationPicture = (
  e: Evaluation,
  rows: readonly ShownRow[],
  dataset: Dataset,
): TE.TaskEither<string, Uint8Array> =>
  pipe(
    companion('drawing an evaluation')(sharp),
    TE.chain((sharp) =>
      TE.tryCatch(
        () => {
          const l = layoutOf(rows, dataset.size, 1 + namedFigures(e).length, e.class_accuracy !== null)
          return sharp(raster(rows, l, dataset), { raw: { width: l.width, height: l.height, channels: 3 } })
            .composite([{ input: Buffer.from(lettered(e, rows, l)), left: 0, top: 0 }])
            .removeAlpha()
            .png()
            .toBuffer()
        },
        (error) => `cannot draw the evaluation: ${error instanceof Error ? error.message : String(error)}`,
      ),
    ),
  )
