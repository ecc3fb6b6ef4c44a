/**
 * Failing output must never end a run: a closed pipe, a closed terminal, a full disk with the log on it. Node reports a
 * failed write as an `error` event of the stream, which ends the process if nothing handles it.
 *
 * The failure is reported once on the other stream.
 */
import { codeOf, reason } from '../io/atomic.ts'

type Name = 'standard output' | 'standard error'

export interface Output {
  /** Why standard output failed, unless its reader merely closed it; null if it did not. */
  readonly failure: () => string | null
}

const gone = ['EPIPE', 'EIO', 'ECONNRESET']

const words = (error: unknown): string =>
  codeOf(error) === 'EPIPE'
    ? 'its reader closed it'
    : codeOf(error) === 'EIO'
      ? 'its terminal was closed'
      : reason(error)

/** From now on failed writes are dropped. Call it once per process. */
export const guardOutput = (
  out: NodeJS.WriteStream = process.stdout,
  err: NodeJS.WriteStream = process.stderr,
): Output => {
  const failed = new Map<Name, unknown>()
  const listen = (name: Name, stream: NodeJS.WriteStream, other: NodeJS.WriteStream): void => {
    stream.on('error', (error) => {
      const known = failed.has(name)
      if (!known) failed.set(name, error)
      if (!known && failed.size === 1)
        other.write(`${name} cannot be written (${words(error)}): continuing without it\n`)
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
