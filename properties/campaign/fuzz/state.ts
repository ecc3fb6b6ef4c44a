/** A campaign's progress, saved after every batch so that it can be resumed. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { readBytes, writeAtomic } from '../../../src/io/atomic.ts'
import type { Result } from './messages.ts'

const tallyCodec = t.type({
  inputs: t.number,
  accepted: t.number,
  refused: t.number,
  /** Processor seconds of the slowest input. */
  slowest: t.number,
  /** Bytes of the largest. */
  largest: t.number,
})
export type Tally = Readonly<t.TypeOf<typeof tallyCodec>>

const failureCodec = t.type({ format: t.string, seed: t.number, index: t.number, fault: t.string, kept: t.string })
export type Failure = Readonly<t.TypeOf<typeof failureCodec>>

const stateCodec = t.type({
  seed: t.number,
  batches: t.number,
  tallies: t.record(t.string, tallyCodec),
  failures: t.array(failureCodec),
})
export interface State {
  readonly seed: number
  /** Batches that are done. */
  readonly batches: number
  readonly tallies: Readonly<Record<string, Tally>>
  readonly failures: readonly Failure[]
}

export const fresh = (seed: number): State => ({ seed, batches: 0, tallies: {}, failures: [] })

const none: Tally = { inputs: 0, accepted: 0, refused: 0, slowest: 0, largest: 0 }

export const counted = (tally: Tally = none, results: readonly Result[]): Tally =>
  results.reduce(
    (sum, { accepted, fault, seconds, bytes }) => ({
      inputs: sum.inputs + 1,
      accepted: sum.accepted + (accepted && fault === null ? 1 : 0),
      refused: sum.refused + (!accepted && fault === null ? 1 : 0),
      slowest: Math.max(sum.slowest, seconds),
      largest: Math.max(sum.largest, bytes),
    }),
    tally,
  )

export const readState = (path: string): TE.TaskEither<string, State> =>
  pipe(
    readBytes(path),
    TE.chainEitherK((bytes) =>
      E.tryCatch(
        (): unknown => JSON.parse(new TextDecoder().decode(bytes)),
        () => `${path} is not JSON`,
      ),
    ),
    TE.chainEitherK((raw) =>
      pipe(
        stateCodec.decode(raw),
        E.mapLeft(() => `${path} is not the state of a campaign`),
      ),
    ),
  )

export const writeState = (path: string, state: State): TE.TaskEither<string, void> =>
  writeAtomic(path, `${JSON.stringify(state, null, 2)}\n`)
