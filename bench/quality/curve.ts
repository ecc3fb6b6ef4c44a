/** A validation loss over the images seen, as a run of this benchmark or a file records it, and when it reaches a goal. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decodeWith } from '../../src/codec/codecs.ts'
import { timeToLoss } from '../../src/train/timeToLoss.ts'

const pair = t.readonly(t.tuple([t.number, t.number]))

const required = {
  name: t.string,
  /** What computed it: a processor or GPU, and the software. */
  device: t.string,
  software: t.string,
  /** What trained it, as the section `training` of config.yaml says it, or what is known of that. */
  recipe: t.readonly(t.record(t.string, t.unknown)),
  /** Images, and the loss of the averaged parameters at EDM's levels with EDM's weights. */
  points: t.readonlyArray(pair),
}
const optional = {
  /** The contestants whose images it stands for, as long as they have no curve of their own. */
  standsFor: t.readonlyArray(t.string),
  /** The images of the whole run, where its cooldown ends. */
  budget: t.number,
  /** The same at the levels of the recipe, where these are not EDM's. */
  own: t.readonlyArray(pair),
  /** Images, and the distance between samples and pictures, by a network that has this name. */
  distances: t.readonly(t.type({ network: t.string, points: t.readonlyArray(pair) })),
}
export const curveCodec = t.readonly(t.intersection([t.type(required), t.partial(optional)]))
export type Curve = t.TypeOf<typeof curveCodec>
export type Points = Curve['points']

const fileCodec = t.type({ curves: t.readonlyArray(curveCodec) })

/** The curves of a file; images must grow and losses be positive. A Left continues a sentence about the file. */
export const curvesOf = (raw: unknown): E.Either<string, readonly Curve[]> =>
  pipe(
    decodeWith(fileCodec, raw, 'the file'),
    E.chain(({ curves }) => {
      const isWrong = ({ points }: Curve): boolean =>
        points.some(([images, loss], i) => !(images > (points[i - 1]?.[0] ?? 0) && loss > 0))
      const wrong = curves.find(isWrong)
      return wrong === undefined
        ? E.right(curves)
        : E.left(`the points of "${wrong.name}": expected growing numbers of images, each with a loss above 0`)
    }),
  )

/**
 * After how many images the loss first stays at or below a level; null if it does not within the curve. Between two
 * validations it is a power of the images: losses fall so, and a straight line would be late where validations are few.
 */
export const imagesTo = (points: Points, level: number): number | null => {
  const logarithms = points.map(([images, loss]) => ({ images: Math.log(images), seconds: 0, loss: Math.log(loss) }))
  const reached = timeToLoss(logarithms, Math.log(level))
  return reached === null ? null : Math.exp(reached.images)
}

/** The first measured number of images from which on the distance stays at or below a level. */
export const imagesToDistance = (points: Points, level: number): number | null => {
  const last = points.findLastIndex(([, distance]) => distance > level)
  return points[last + 1]?.[0] ?? null
}

export const lastImages = ({ points }: Pick<Curve, 'points'>): number => points.at(-1)?.[0] ?? 0
