/** samplers.json: what every sampler gave with every number of steps. A finished cell is never made again. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import {
  decodeWith,
  finite,
  integer,
  listOf,
  nonNegative,
  oneOf,
  orNull,
  positiveInteger,
  record,
  text,
} from '../../codec/codecs.ts'
import { samplerNames } from '../../diffusion/sampler/samplers.ts'
import { scheduleNames } from '../../diffusion/schedule/schedules.ts'
import { readText, writeAtomic } from '../../io/atomic.ts'
import { samplingSaidCodec } from '../settings/samplingSaid.ts'

const name = text('a name')

/** What all cells of a comparison share. */
const askedCodec = record({
  run: name,
  /** Of the checkpoint. */
  step: positiveInteger,
  images: positiveInteger,
  guidance: nonNegative,
  schedule: oneOf(scheduleNames),
  /** Other settings of sampling that are not their defaults. */
  others: samplingSaidCodec,
  seed: integer,
  /** Steps of Heun's method in the solution from which distances are measured. */
  reference_steps: positiveInteger,
  /** Images whose distance to that solution is measured, of each class. */
  solved: positiveInteger,
  /** The network that judges. */
  network: orNull(name, 'where nobody judges'),
  /** Samples that are judged. */
  judged: orNull(positiveInteger, 'where nobody judges'),
})
export type Asked = t.TypeOf<typeof askedCodec>

const cellCodec = record({
  sampler: oneOf(samplerNames),
  steps: positiveInteger,
  /** Evaluations of the network for an image, without the second ones of guidance. */
  evaluations: positiveInteger,
  /** Root mean square over images and pixels, which lie in [-1, 1], to the solution from the same noise. */
  error: nonNegative,
  distance: orNull(
    record({
      called: name,
      value: finite,
      accuracy: orNull(nonNegative, 'where its classes are not those of the data'),
    }),
    'where nobody judged',
  ),
})
export type Cell = t.TypeOf<typeof cellCodec>

const codec = record({ format: t.literal('diffit samplers 1'), asked: askedCodec, cells: listOf(cellCodec, 'cells') })
export type SamplersRecord = t.TypeOf<typeof codec>

export const recordPath = (folder: string): string => join(folder, 'samplers.json')

/** Null where nothing was compared yet. */
export const readSamplers = (folder: string): TE.TaskEither<string, SamplersRecord | null> =>
  pipe(
    readText(recordPath(folder)),
    TE.chainEitherK((found): E.Either<string, SamplersRecord | null> => {
      if (found === null) return E.right(null)
      return pipe(
        E.tryCatch(
          (): unknown => JSON.parse(found),
          () => 'it is not JSON',
        ),
        E.chain((raw) => decodeWith(codec, raw, 'the record')),
        E.mapLeft((what) => `${recordPath(folder)} is damaged: ${what}. Remove it to have it made again`),
      )
    }),
  )

export const writeSamplers = (folder: string, all: SamplersRecord): TE.TaskEither<string, void> =>
  writeAtomic(recordPath(folder), `${JSON.stringify(all, null, 2)}\n`)
