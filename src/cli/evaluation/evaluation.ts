/**
 * What `evaluate` found: evaluation.json. Every figure that a network made has that network's accuracy on held-out pictures
 * beside it, and a distance is called FID only where the network is that of FID: the field that is not meant is null.
 */
import type * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import {
  decodeWith,
  finite,
  integer,
  listOf,
  nonNegative,
  orNull,
  positiveInteger,
  record,
  text,
} from '../../codec/codecs.ts'
import { readText } from '../../io/atomic.ts'
import { samplingSaidCodec } from '../settings/samplingSaid.ts'

const name = text('a name')
const heldOut = orNull(nonNegative, 'where its classes are not those of the data')

const distance = record({
  value: nonNegative,
  /** The same distance of as many real pictures: no samples can be expected below it. */
  of_real_pictures: nonNegative,
  real_pictures: positiveInteger,
  held_out_accuracy: heldOut,
})

const score = record({
  mean: nonNegative,
  /** Between splits. */
  deviation: nonNegative,
  splits: positiveInteger,
  held_out_accuracy: heldOut,
})

const fidNetwork = 'for a network that is not that of FID'
const otherNetwork = 'for the network of FID'

export const evaluationCodec = record({
  format: t.literal('diffit evaluation 1'),
  run: name,
  step: positiveInteger,
  /** Images that the run had seen. */
  images: positiveInteger,
  sampling: record({
    count: positiveInteger,
    seed: integer,
    guidance: nonNegative,
    sampler: name,
    schedule: name,
    steps: positiveInteger,
    /** The other settings of the section `sampling` that are not their defaults. */
    others: samplingSaidCodec,
  }),
  network: record({ name, features: positiveInteger, held_out_accuracy: heldOut }),
  reference: record({
    source: name,
    pictures: orNull(positiveInteger, 'where a file does not say it'),
  }),
  fid: orNull(distance, fidNetwork),
  relative_distance: orNull(distance, otherNetwork),
  inception_score: orNull(score, fidNetwork),
  relative_inception_score: orNull(score, otherNetwork),
  precision_recall: orNull(
    record({
      precision: nonNegative,
      recall: nonNegative,
      neighbours: positiveInteger,
      samples: positiveInteger,
      real_pictures: positiveInteger,
      held_out_accuracy: heldOut,
    }),
    'where there are too few pictures',
  ),
  class_accuracy: orNull(
    record({
      all: nonNegative,
      by_class: listOf(
        record({ name, accuracy: orNull(nonNegative, 'without samples'), samples: integer }),
        'classes with accuracy and samples',
      ),
      held_out_accuracy: heldOut,
    }),
    'where the classes of the network or the model are not those of the data',
  ),
  nearest: record({
    /** Of samples to their nearest training picture, in units of [-1, 1]. */
    mean_distance: nonNegative,
    nn_ratio: orNull(finite, 'without held-out pictures'),
    copied: orNull(nonNegative, 'without held-out pictures'),
    held_out_pictures: integer,
  }),
})

/** What `evaluate` found of one run. */
export type Evaluation = t.TypeOf<typeof evaluationCodec>

/** The distance and what it may be called. */
export const distanceOf = ({
  fid,
  relative_distance,
}: Pick<Evaluation, 'fid' | 'relative_distance'>): {
  readonly called: 'FID' | 'relative distance'
  readonly figure: NonNullable<Evaluation['fid']>
} => {
  if (fid !== null) return { called: 'FID', figure: fid }
  if (relative_distance !== null) return { called: 'relative distance', figure: relative_distance }
  throw new TypeError('an evaluation has a distance')
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** An evaluation.json; null if there is none. */
export const readEvaluation = (path: string): TE.TaskEither<string, Evaluation | null> =>
  pipe(
    readText(path),
    TE.chainEitherK(
      (json): E.Either<string, Evaluation | null> =>
        pipe(
          decodeWith(orNull(evaluationCodec, 'where there is none'), json === null ? null : parsed(json), 'the file'),
          (decoded) => (decoded._tag === 'Left' ? { ...decoded, left: `${path}: ${decoded.left}` } : decoded),
        ),
    ),
  )
