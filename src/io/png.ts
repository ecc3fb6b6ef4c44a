/**
 * Images as PNG: a grid of rows with labels on the left, each pixel enlarged to a square so that 32 x 32 is visible.
 *
 * It does not read images (src/data does) and does not choose file names.
 */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../codec/element.ts'
import { companion, sharp } from './companion.ts'
import { svgText } from './svgText.ts'

/** A row of images, and the text before it. */
export interface Row {
  readonly label: string
  /** [h, w, c] in [-1, 1]; values outside are clipped, NaN is drawn in magenta. */
  readonly images: readonly (Float32Array | Float64Array)[]
}
/** Rows of images of one size, in pixels. */
export interface Grid {
  readonly rows: readonly Row[]
  /** Texts above the columns, from the first on; none unless given. */
  readonly headings?: readonly string[]
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  /** Scale factor of a pixel; by default images come out at least 96 high. */
  readonly scale?: number
}
interface Raster {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

const gap = 4
const paper = 236
const lettering = 15
const longestLabel = 28

/** A number from -1 to 1 as a byte, rounded; those outside as the nearer end. */
export const byte = (x: number): number => Math.max(0, Math.min(255, Math.round((x + 1) * 127.5)))
const magenta = [255, 0, 255] as const

const rowsWrong = ({ rows, height, width, channels }: Grid): string | undefined => {
  if (rows.every((row) => row.images.length === 0)) return 'a grid needs at least one image'
  const expected = height * width * channels
  const wrong = rows.find((row) => row.images.some((image) => image.length !== expected))
  const found = wrong?.images.find((image) => image.length !== expected)?.length
  return wrong && `row "${wrong.label}" holds an image of ${found} numbers, expected ${height} x ${width} x ${channels}`
}

export const shortened = (label: string): string => {
  const letters = [...label]
  return letters.length > longestLabel ? `${letters.slice(0, longestLabel - 1).join('')}…` : label
}
/** Average width per character of DejaVu Sans, the widest of the usual fonts, as a fraction of its size. */
const labelWidth = (rows: readonly Row[]): number => {
  const longest = Math.max(...rows.map((row) => [...shortened(row.label)].length))
  return longest === 0 ? 0 : Math.ceil(longest * lettering * 0.62) + 12
}

/** Pixels left of the images and above them, for what is written there. */
interface Margin {
  readonly left: number
  readonly top: number
}
const marginOf = ({ rows, headings = [] }: Grid): Margin => ({
  left: labelWidth(rows),
  top: headings.length === 0 ? 0 : lettering + 7,
})

/** Every pixel as a square of `scale`, rows below each other, on the background. */
const raster = ({ rows, height, width, channels }: Grid, scale: number, { left, top }: Margin): Raster => {
  const columns = Math.max(...rows.map((row) => row.images.length))
  const wide = left + gap + columns * (width * scale + gap)
  const high = top + gap + rows.length * (height * scale + gap)
  const rgb = new Uint8Array(wide * high * 3).fill(paper)
  rows.forEach((row, i) => {
    row.images.forEach((image, j) => {
      const x0 = left + gap + j * (width * scale + gap)
      const y0 = top + gap + i * (height * scale + gap)
      for (let y = 0; y < height * scale; y++)
        for (let x = 0; x < width * scale; x++) {
          const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels
          const to = ((y0 + y) * wide + x0 + x) * 3
          for (let c = 0; c < 3; c++) {
            const value = image[from + (channels === 1 ? 0 : c)] ?? Number.NaN
            rgb[to + c] = Number.isNaN(value) ? element(magenta, c) : byte(value)
          }
        }
    })
  })
  return { width: wide, height: high, rgb }
}

/** The labels of the rows and the headings of the columns. */
const texts = (
  { rows, headings = [], height, width }: Grid,
  scale: number,
  { left, top }: Margin,
  whole: Raster,
): string => {
  const labels = rows.map((row, i) => {
    const y = top + gap + i * (height * scale + gap) + (height * scale) / 2
    return `<text x="${left - 6}" y="${y}" dy="0.35em" text-anchor="end">${svgText(shortened(row.label))}</text>`
  })
  const heads = headings.map((heading, j) => {
    const x = left + gap + j * (width * scale + gap) + (width * scale) / 2
    return `<text x="${x}" y="${lettering + 3}" text-anchor="middle">${svgText(shortened(heading))}</text>`
  })
  const style = `font-family="DejaVu Sans, Verdana, sans-serif" font-size="${lettering}" fill="#222"`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${whole.width}" height="${whole.height}" ${style}>${[...labels, ...heads].join('')}</svg>`
}

/** A grid as PNG. */
export const grid = (g: Grid): TE.TaskEither<string, Uint8Array> =>
  pipe(
    rowsWrong(g),
    (wrong) => (wrong === undefined ? E.right(g) : E.left(wrong)),
    TE.fromEither,
    TE.chain(() => companion('drawing a grid')(sharp)),
    TE.chain((sharp) =>
      TE.tryCatch(
        () => {
          const scale = Math.max(1, Math.round(g.scale ?? Math.ceil(96 / g.height)))
          const margin = marginOf(g)
          const whole = raster(g, scale, margin)
          const image = sharp(whole.rgb, { raw: { width: whole.width, height: whole.height, channels: 3 } })
          const lettered =
            margin.left === 0 && margin.top === 0
              ? image
              : image.composite([{ input: Buffer.from(texts(g, scale, margin, whole)), left: 0, top: 0 }])
          return lettered.removeAlpha().png().toBuffer()
        },
        (error) => `cannot draw the grid: ${error instanceof Error ? error.message : String(error)}`,
      ),
    ),
  )

/** Whether every pixel of an image can be decoded, of every frame where it is animated; a Left says what is wrong. */
export const pictureWhole = (path: string): TE.TaskEither<string, void> =>
  pipe(
    companion('reading pictures')(sharp),
    TE.chain((sharp) =>
      TE.tryCatch(
        async () => {
          await sharp(path, { failOn: 'warning', animated: true }).raw().toBuffer()
        },
        (error) => `${path} is not a whole picture: ${error instanceof Error ? error.message : String(error)}`,
      ),
    ),
  )
