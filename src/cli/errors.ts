/**
 * How the command line fails: an error that the user can act on is a `Failure` of one sentence (or a backend's
 * `BackendError`, or a data set's `DataLost`), printed to stderr with exit code 1. Any other error is a bug and keeps its stack trace.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { DataLost } from '../data/dataLost.ts'
import { BackendError } from '../plan/errors.ts'

export class Failure extends Error {
  override readonly name = 'Failure'
}

export const fail = (sentence: string): never => {
  throw new Failure(sentence)
}

/** The right side; a left side ends the command. */
export const must = async <A>(task: TaskEither<string, A>): Promise<A> => mustBe(await task())

export const mustBe = <A>(result: E.Either<string, A>): A => (E.isLeft(result) ? fail(result.left) : result.right)

/** Whether the error is one that the user can act on, stated in one sentence. */
export const isForeseen = (error: unknown): error is Error =>
  error instanceof Failure || error instanceof BackendError || error instanceof DataLost

/** The text to print for an error, and whether the error was expected. */
export const report = (error: unknown): { readonly text: string; readonly foreseen: boolean } =>
  isForeseen(error)
    ? { text: `error: ${error.message}`, foreseen: true }
    : { text: `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, foreseen: false }
