/** What charts are drawn with: points, axes and a pen. Observable Plot draws; here are only numbers and its loading. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { companion, linkedom, plot } from './companion.ts'

export interface Point {
  readonly x: number
  readonly y: number
}
const mostPoints = 1500
export const grid = { stroke: '#000', strokeOpacity: 0.12 } as const
export const axis = { labelArrow: 'none', fontSize: 13 } as const
export const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 })

/**
 * Exponential average over the last few per cent of the images seen (so that it follows a steep start), with bias
 * correction. Law: a constant stays constant, and the average lies between the minimum and maximum so far.
 */
export const smooth = (points: readonly Point[]): readonly Point[] => {
  const end = points.at(-1)?.x ?? 0
  let [sum, weight, last] = [0, 0, points[0]?.x ?? 0]
  return points.map(({ x, y }) => {
    const half = Math.max(x / 25, end / 500, Number.MIN_VALUE)
    const kept = 0.5 ** (Math.max(0, x - last) / half)
    ;[sum, weight, last] = [kept * sum + y, kept * weight + 1, x]
    return { x, y: sum / weight }
  })
}

/** At most `mostPoints` of the points, evenly spaced, always including the last. */
export const thinned = (points: readonly Point[]): readonly Point[] => {
  const step = Math.ceil(points.length / mostPoints)
  return points.filter((_, i) => (points.length - 1 - i) % step === 0)
}

export interface Range {
  readonly low: number
  readonly high: number
}
export const rangeOf = (points: readonly Point[]): Range =>
  points.length === 0
    ? { low: 0, high: 1 }
    : points.reduce<Range>((r, { y }) => ({ low: Math.min(r.low, y), high: Math.max(r.high, y) }), {
        low: Infinity,
        high: -Infinity,
      })

/** A range with a margin around the values, also for a single value or equal ones. */
export const roomy = ({ low, high }: Range, log: boolean): Range => {
  if (log) return { low: low / 1.1, high: high * 1.1 }
  const room = high > low ? 0.06 * (high - low) : Math.max(0.1, 0.2 * Math.abs(low))
  return { low: low - room, high: high + room }
}

/** Round tick values on a logarithmic axis, more per decade when the axis spans few decades. */
export const logTicks = ({ low, high }: Range): number[] => {
  const spread = high / low
  const digits =
    spread > 1000
      ? [1]
      : spread > 30
        ? [1, 2, 5]
        : spread > 4
          ? [1, 1.5, 2, 3, 4, 5, 7]
          : [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9]
  const decades = Array.from({ length: Math.ceil(Math.log10(spread)) + 2 }, (_, i) => Math.floor(Math.log10(low)) + i)
  return decades
    .flatMap((d) => digits.map((n) => Number((n * 10 ** d).toPrecision(3))))
    .filter((n) => n >= low && n <= high)
}

export interface Pen {
  readonly Plot: typeof import('@observablehq/plot')
  readonly document: ReturnType<typeof import('linkedom').parseHTML>['document']
}

/** What draws, and a document to draw in. */
export const pen: TE.TaskEither<string, Pen> = pipe(
  TE.Do,
  TE.bind('Plot', () => companion('drawing a loss curve')(plot)),
  TE.bind('dom', () => companion('drawing a loss curve')(linkedom)),
  TE.map(({ Plot, dom }) => ({ Plot, document: dom.parseHTML('<!doctype html><html><body></body></html>').document })),
)
