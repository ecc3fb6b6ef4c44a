/**
 * Time to quality, from the rows that a run records: after how many images, and after how many seconds of training alone,
 * its validation loss stays at or below a level. Pure; validations are joined by straight lines.
 */

/** What it takes of a row of metrics, in the order of steps. */
export interface TimedRow {
  readonly images: number
  readonly validation: number | null
  /** Of this row's step; null where there is none: before the first. */
  readonly imagesPerSecond: number | null
}

/** A run's standing. */
export interface Spent {
  readonly images: number
  /** Of steps alone: no validations, sample grids or checkpoints. */
  readonly seconds: number
}

/** A validation of a run. */
export interface Validated extends Spent {
  readonly loss: number
}

/** The standing at each row. Law: it never falls, and does not depend on when a run validated. */
export const spentAt = (rows: readonly TimedRow[]): readonly Spent[] => {
  let [images, seconds] = [0, 0]
  return rows.map((row) => {
    if (row.imagesPerSecond !== null && row.imagesPerSecond > 0) seconds += (row.images - images) / row.imagesPerSecond
    images = row.images
    return { images, seconds }
  })
}

/** The seconds of training alone so far. */
export const trainingSeconds = (rows: readonly TimedRow[]): number => spentAt(rows).at(-1)?.seconds ?? 0

/** The validations among the rows; losses that are not finite are left out. */
export const validated = (rows: readonly TimedRow[]): readonly Validated[] => {
  const spent = spentAt(rows)
  return rows.flatMap(({ validation: loss }, i) => {
    const at = spent[i]
    return loss === null || !Number.isFinite(loss) || at === undefined ? [] : [{ ...at, loss }]
  })
}

const between = (a: number, b: number, part: number): number => (part === 1 ? b : a + part * (b - a))

/** The validation loss after so many images; null before the first validation and after the last. */
export const lossAfter = (points: readonly Validated[], images: number): number | null => {
  const next = points.findIndex((point) => point.images >= images)
  const [a, b] = [points[next - 1], points[next]]
  if (b === undefined || (a === undefined && b.images > images)) return null
  return a === undefined ? b.loss : between(a.loss, b.loss, (images - a.images) / (b.images - a.images))
}

/**
 * Where the loss first stays at or below a level: every later validation is at or below it too; null if the last one is
 * above. Laws: a lower level is never reached earlier; later validations at or below the level change nothing; between two
 * validations the line that joins them has the level there.
 */
export const timeToLoss = (points: readonly Validated[], level: number): Spent | null => {
  const last = points.findLastIndex(({ loss }) => loss > level)
  const [above, below] = [points[last], points[last + 1]]
  if (below === undefined) return null
  if (above === undefined) return { images: below.images, seconds: below.seconds }
  const part = (above.loss - level) / (above.loss - below.loss)
  return { images: between(above.images, below.images, part), seconds: between(above.seconds, below.seconds, part) }
}
