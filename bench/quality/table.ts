/** What time to quality is, as data and as a table: for each contestant the images and minutes to each goal. */
import { table } from '../report.ts'
import { type Contestant, contestants } from './contestants.ts'
import { type Curve, imagesTo, imagesToDistance, lastImages, type Points } from './curve.ts'
import { type Paces, paceName } from './pace.ts'

/** Validation losses at EDM's levels: the last is the old recipe's after 133,000 images. */
export const levels: readonly number[] = [0.2, 0.16, 0.153]

const whole = (n: number): string => Math.round(n).toLocaleString('en')

/** A contestant and the curve that says how many images it takes. */
export interface Entry {
  readonly contestant: Contestant
  readonly curve: Curve
  /** Whether it is the contestant's own, rather than one that was recorded elsewhere. */
  readonly isOwn: boolean
}

/** Contestants that have a curve: their own if there is one, else one that stands for it. */
export const entriesOf = (
  own: Readonly<Record<string, Curve>>,
  recorded: readonly Curve[],
  among: readonly Contestant[] = contestants,
): readonly Entry[] =>
  among.flatMap((contestant): readonly Entry[] => {
    const mine = own[contestant.name]
    if (mine !== undefined && mine.points.length > 0) return [{ contestant, curve: mine, isOwn: true }]
    const other = recorded.find(({ standsFor }) => standsFor?.includes(contestant.name))
    return other === undefined ? [] : [{ contestant, curve: other, isOwn: false }]
  })

export interface Reached {
  /** "loss 0.2" */
  readonly goal: string
  /** Null: not within the curve. */
  readonly images: number | null
  readonly minutes: number | null
}

export interface Row {
  readonly contestant: string
  /** Where its images come from. */
  readonly curve: string
  /** Whether that is a run of this contestant, on this machine or another. */
  readonly isOwn: boolean
  /** The images that its curve has. */
  readonly within: number
  readonly msPerImage: number | null
  readonly reached: readonly Reached[]
}

/** The old recipe's distance at the end of its curve, by a network. */
const oldDistance = (entries: readonly Entry[], network: string): Points[number] | null => {
  const old = entries.find(
    ({ contestant, curve }) => contestant.recipe === 'old' && curve.distances?.network === network,
  )
  return old?.curve.distances?.points.at(-1) ?? null
}

const distanceOf = (entries: readonly Entry[], { distances }: Curve): readonly Omit<Reached, 'minutes'>[] => {
  const old = distances === undefined ? null : oldDistance(entries, distances.network)
  if (distances === undefined || old === null) return []
  const goal = `distance of the old recipe after ${whole(old[0])} images`
  return [{ goal, images: imagesToDistance(distances.points, old[1]) }]
}

/** Law: minutes are images times the pace, and a goal that a curve does not reach has neither. */
export const rowsOf = (entries: readonly Entry[], paces: Paces | null): readonly Row[] =>
  entries.map(({ contestant, curve, isOwn }) => {
    const msPerImage = paces?.paces[paceName(contestant)]?.ms_per_image ?? null
    const found = [
      ...levels.map((level) => ({ goal: `loss ${level}`, images: imagesTo(curve.points, level) })),
      ...distanceOf(entries, curve),
    ]
    return {
      contestant: contestant.name,
      isOwn,
      curve: `${isOwn ? '' : `"${curve.name}", `}${curve.software}, ${curve.device}`,
      within: lastImages(curve),
      msPerImage,
      reached: found.map((one) => ({
        ...one,
        minutes: one.images === null || msPerImage === null ? null : (one.images * msPerImage) / 60_000,
      })),
    }
  })

const few = (n: number): string => (n < 10 ? n.toFixed(1) : n.toFixed(0))

const cell = ({ within }: Row, reached: Reached | undefined): string => {
  if (reached === undefined) return 'not measured'
  const { images, minutes } = reached
  if (images === null) return `not reached within ${whole(within)} images`
  // distances are measured too seldom to say what lies between
  const most = reached.goal.startsWith('distance') ? 'at most ' : ''
  return `${most}${whole(images)} images${minutes === null ? '' : `, ${few(minutes)} min`}`
}

/** One row for each contestant, one column for each goal. */
export const qualityTable = (rows: readonly Row[]): string => {
  const goals = [...new Set(rows.flatMap(({ reached }) => reached.map(({ goal }) => goal)))]
  return table(
    ['contestant', 'images from', 'ms an image', ...goals],
    rows.map((row) => [
      row.contestant,
      row.curve,
      row.msPerImage === null ? 'not measured' : row.msPerImage.toFixed(1),
      ...goals.map((goal) =>
        cell(
          row,
          row.reached.find((one) => one.goal === goal),
        ),
      ),
    ]),
  )
}
