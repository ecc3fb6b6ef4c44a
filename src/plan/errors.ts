/**
 * Errors between a plan and its results that are not bugs: one family, distinguished by class. Every message is one
 * sentence for the user.
 */
import { mebibytes } from './bytes.ts'

/** What a backend rejects with; its subclasses say which kind of failure it is. */
export class BackendError extends Error {
  override readonly name: string = 'BackendError'
}

/** The backend cannot do what was requested on this machine; the message says what the user can do about it. */
export class Refusal extends BackendError {
  override readonly name = 'Refusal'
}

export interface Shortage {
  /** What needs the memory, as the subject of the sentence. */
  readonly what: string
  /** Bytes. */
  readonly needed: number
  /** Bytes available; null if unknown. */
  readonly available: number | null
  /** The backend whose memory it is, or the host. */
  readonly where: string
}

const shortage = ({ what, needed, available, where }: Shortage): string => {
  const need = `${where}: ${what} needs ${mebibytes(needed)} of memory`
  if (available === null) return `${need}, more than there is`
  return available < needed
    ? `${need}, more than the ${mebibytes(available)} there are`
    : `${need} and cannot have it, although the machine has ${mebibytes(available)} left: a limit of this process (ulimit -v) may be lower`
}

/** There is not enough memory; `needed` and `available` are bytes, null where unknown. */
export class OutOfMemory extends BackendError {
  override readonly name = 'OutOfMemory'
  readonly needed: number
  readonly available: number | null
  readonly where: string

  constructor(s: Shortage, options?: ErrorOptions) {
    super(shortage(s), options)
    this.needed = s.needed
    this.available = s.available
    this.where = s.where
  }
}

/** A thread or device is gone, and with it the values that it held: compile the plan again. */
export class BackendLost extends BackendError {
  override readonly name = 'BackendLost'
  /** `compute thread 2 of 4`, `webgpu (NVIDIA H100)`. */
  readonly what: string
  readonly why: string

  constructor(backend: string, what: string, why: string, options?: ErrorOptions) {
    super(`${backend}: ${what} was lost: ${why}`, options)
    this.what = what
    this.why = why
  }
}

/** An unknown name, or values whose number does not match the shape. */
export class FeedError extends BackendError {
  override readonly name = 'FeedError'
}
