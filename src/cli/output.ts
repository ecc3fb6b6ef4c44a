/**
 * What people read must never end a run: a pipe whose reader is gone, a terminal that was closed, a full disk under a log.
 * Node reports such a write as an `error` event of the stream, which ends the process where nobody listens.
 *
 * What is lost is said once on the other stream.
 */
import { codeOf, reason } from '../io/atomic.ts'

type Name = 'standard output' | 'standard error'

export interface Output {
  /** Why standard output could not be written, unless its reader has merely gone; null where it could. */
  readonly failure: () => string | null
}

const gone = ['EPIPE', 'EIO', 'ECONNRESET']

const words = (error: unknown): string =>
  codeOf(error) === 'EPIPE'
    ? 'nobody reads it any more'
    : codeOf(error) === 'EIO'
      ? 'its terminal is gone'
      : reason(error)

/** From now on a write that fails is dropped. Call it once a process. */
export const guardOutput = (
  out: NodeJS.WriteStream = process.stdout,
  err: NodeJS.WriteStream = process.stderr,
): Output => {
  const failed = new Map<Name, unknown>()
  const listen = (name: Name, stream: NodeJS.WriteStream, other: NodeJS.WriteStream): void => {
    stream.on('error', (error) => {
      const known = failed.has(name)
      if (!known) failed.set(name, error)
      if (!known && failed.size === 1) other.write(`${name} cannot be written (${words(error)}): going on without it\n`)
    })
  }
  listen('standard output', out, err)
  listen('standard error', err, out)
  return {
    failure: () => {
      const error = failed.get('standard output')
      return error === undefined || gone.includes(codeOf(error)) ? null : words(error)
    },
  }
}
