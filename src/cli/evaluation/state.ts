/**
 * How far an evaluation has come: sums and the few pictures and features that are kept. It is saved now and then, so that an
 * evaluation that was stopped goes on where it was: resumed = never stopped, bit for bit.
 *
 * It never grows with the pictures but by their nearest neighbours (16 bytes each), and up to a limit by their features.
 */

import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decodeWith, shown } from '../../codec/codecs.ts'
import { element } from '../../codec/element.ts'
import { joined } from '../../codec/joined.ts'
import { type ClassCounts, noCounts } from '../../evaluation/classAccuracy.ts'
import { noScores, type ScoreSums } from '../../evaluation/inceptionScore.ts'
import { type Moments, noMoments } from '../../evaluation/moments.ts'
import type { SafeTensors, Stored, Writable } from '../../io/safetensors.ts'

/** Pictures that have been judged: their moments, and the features of the first of them. */
export interface Judged {
  readonly done: number
  readonly moments: Moments
  /** [kept, features], in parts. */
  readonly features: readonly Float32Array[]
}

export interface EvaluationState {
  /** Of the pictures that the distance is measured from. */
  readonly reference: Judged
  /** Of as many real pictures as samples. */
  readonly real: Judged
  readonly samples: Judged
  /** By split. */
  readonly scores: readonly ScoreSums[]
  readonly counts: ClassCounts
  /** Of every sample to the nearest training picture. */
  readonly nearest: Float64Array
  /** Of every held-out picture that has been compared. */
  readonly heldOut: Float64Array
  /** The samples that are shown, as bytes [shown, h, w, c], and the training picture nearest to each. */
  readonly shown: readonly Shown[]
}

export interface Shown {
  readonly picture: Uint8Array
  /** Of the data set. */
  readonly index: number
  readonly mirrored: boolean
}

const nothing = (features: number): Judged => ({ done: 0, moments: noMoments(features), features: [] })

/** The beginning. */
export const begun = (features: number, classes: number, splits: number): EvaluationState => ({
  reference: nothing(features),
  real: nothing(features),
  samples: nothing(features),
  scores: Array.from({ length: splits }, () => noScores(classes)),
  counts: noCounts(classes),
  nearest: new Float64Array(),
  heldOut: new Float64Array(),
  shown: [],
})

/** Both in a row. */
export const appended = (a: Float64Array, b: Float64Array): Float64Array => {
  const out = new Float64Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}

// ------------------------------------------------------------------------------------------------------- files
const format = 'diffit evaluation state 1'
type Named = readonly [string, Stored<Writable>]
const f64 = (name: string, values: Float64Array): Named => [name, { dtype: 'F64', shape: [values.length], values }]

const judgedTensors = (name: string, { done, moments, features }: Judged): readonly Named[] => {
  const kept = joined(features)
  return [
    f64(`${name}.count`, Float64Array.of(done, moments.weight)),
    f64(`${name}.mean`, moments.mean),
    f64(`${name}.scatter`, moments.scatter),
    [`${name}.features`, { dtype: 'F32', shape: [kept.length], values: kept }],
  ]
}

/** What an evaluation was asked for: two that differ cannot continue one another. */
export type Asked = Readonly<Record<string, string | number | boolean | null>>

export const stateFile = (asked: Asked, s: EvaluationState): SafeTensors<Writable> => ({
  metadata: { format, asked: JSON.stringify(asked) },
  tensors: new Map([
    ...judgedTensors('reference', s.reference),
    ...judgedTensors('real', s.real),
    ...judgedTensors('samples', s.samples),
    ...s.scores.flatMap(({ n, p, negentropy }, i) => [f64(`score.${i}`, Float64Array.of(n, negentropy, ...p))]),
    f64('right', s.counts.right),
    f64('all', s.counts.all),
    f64('nearest', s.nearest),
    f64('heldOut', s.heldOut),
    ...s.shown.flatMap(({ picture, index, mirrored }, i) => [
      f64(`shown.${i}`, Float64Array.of(index, mirrored ? 1 : 0, ...picture)),
    ]),
  ]),
})

const scalar = t.union([t.string, t.number, t.boolean, t.null])
const askedCodec = t.record(t.string, scalar)

/** The first thing that was asked for differently. */
const differs = (was: Asked, now: Asked): string | null => {
  const names = [...new Set([...Object.keys(was), ...Object.keys(now)])]
  const name = names.find((key) => !isDeepStrictEqual(was[key], now[key]))
  const told = (asked: Asked, name: string): string => (asked[name] === undefined ? 'the usual' : shown(asked[name]))
  return name === undefined ? null : `its ${name} is ${told(was, name)}, this one's ${told(now, name)}`
}

const stateOf = ({ tensors }: SafeTensors, like: EvaluationState): EvaluationState => {
  const values = (name: string): Float32Array | Float64Array => {
    const found = tensors.get(name)
    if (found === undefined) throw new RangeError(`it has no "${name}"`)
    return found.values
  }
  const wide = (name: string, length?: number): Float64Array => {
    const found = values(name)
    if (!(found instanceof Float64Array) || (length !== undefined && found.length !== length))
      throw new RangeError(`"${name}" is not what was expected`)
    return found
  }
  const judged = (name: string, { moments: { mean, scatter } }: Judged): Judged => {
    const counts = wide(`${name}.count`, 2)
    return {
      done: element(counts, 0),
      moments: {
        weight: element(counts, 1),
        mean: wide(`${name}.mean`, mean.length),
        scatter: wide(`${name}.scatter`, scatter.length),
      },
      features: [Float32Array.from(values(`${name}.features`))],
    }
  }
  const pictures = [...tensors.keys()].filter((name) => name.startsWith('shown.')).length
  return {
    reference: judged('reference', like.reference),
    real: judged('real', like.real),
    samples: judged('samples', like.samples),
    scores: like.scores.map(({ p }, i) => {
      const all = wide(`score.${i}`, p.length + 2)
      return { n: element(all, 0), negentropy: element(all, 1), p: all.slice(2) }
    }),
    counts: { right: wide('right', like.counts.right.length), all: wide('all', like.counts.all.length) },
    nearest: wide('nearest'),
    heldOut: wide('heldOut'),
    shown: Array.from({ length: pictures }, (_, i) => {
      const all = wide(`shown.${i}`)
      return { index: element(all, 0), mirrored: all[1] === 1, picture: Uint8Array.from(all.slice(2)) }
    }),
  }
}

/**
 * The state in a file; a Left is the end of a sentence whose subject is the file.
 * @param like a state of the same network, classes and splits
 */
export const readState =
  (asked: Asked, like: EvaluationState) =>
  (file: SafeTensors): E.Either<string, EvaluationState> =>
    pipe(
      file.metadata.format === format
        ? decodeWith(askedCodec, JSON.parse(file.metadata.asked ?? 'null'), 'what it was asked for')
        : E.left(`it is not the state of an evaluation`),
      E.chain((was) => {
        const why = differs(was, asked)
        return why === null ? E.right(undefined) : E.left(`it is of another evaluation: ${why}`)
      }),
      E.chain(() =>
        E.tryCatch(
          () => stateOf(file, like),
          (error) => (error instanceof Error ? error.message : String(error)),
        ),
      ),
    )
