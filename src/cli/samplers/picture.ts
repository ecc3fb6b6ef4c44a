/** The picture of a comparison of samplers: a row for each, a group of columns for each number of steps, the solution last. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../../codec/element.ts'
import { grid } from '../../io/png.ts'

/** Images of one sampler and one number of steps, or of the solution. */
export interface Shown {
  readonly sampler: string
  readonly steps: number
  /** [h, w, c] each, of the same requests in every cell. */
  readonly images: readonly Float32Array[]
}

/** Images of a cell that are shown: spread evenly over the requests, never chosen ones. */
const most = 3

const spread = (images: readonly Float32Array[]): readonly Float32Array[] => {
  const n = Math.min(most, images.length)
  return Array.from({ length: n }, (_, i) => element(images, Math.floor((i * images.length) / n)))
}

/** @returns a PNG */
export const samplersPicture = (
  cells: readonly Shown[],
  solution: Shown,
  { size, channels }: { readonly size: number; readonly channels: number },
): TE.TaskEither<string, Uint8Array> => {
  const [samplers, counts] = [[...new Set(cells.map((c) => c.sampler))], [...new Set(cells.map((c) => c.steps))]]
  const width = spread(solution.images).length
  const headings = counts.flatMap((n) =>
    Array.from({ length: width }, (_, i) => (i === Math.floor(width / 2) ? `${n} steps` : '')),
  )
  const rows = samplers.map((label) => ({
    label,
    images: counts.flatMap((n) => spread(cells.find((c) => c.sampler === label && c.steps === n)?.images ?? [])),
  }))
  const last = { label: `solution (${solution.steps} steps)`, images: spread(solution.images) }
  return grid({
    rows: [...rows, last],
    headings,
    height: size,
    width: size,
    channels: channels === 1 ? 1 : 3,
    scale: 2,
  })
}
