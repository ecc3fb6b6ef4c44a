/**
 * How the command line fails: whatever goes wrong for a reason a user can do something about becomes a `Failure` of one
 * sentence (or a backend's `BackendError`), printed to stderr, exit code 1. Anything else is a defect of the program and keeps
 * its stack trace.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
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

/** Is it something that a user can do something about, said in one sentence? */
export const isForeseen = (error: unknown): error is Error => error instanceof Failure || error instanceof BackendError

/** What to print for an error, and whether it was foreseen. */
export const report = (error: unknown): { readonly text: string; readonly foreseen: boolean } =>
  isForeseen(error)
    ? { text: `error: ${error.message}`, foreseen: true }
    : { text: `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, foreseen: false }
