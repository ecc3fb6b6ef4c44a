/**
 * Signals that ask a run to stop: Ctrl-C, kill, a closed terminal or connection. The first finishes the step and saves,
 * the second ends the process at once.
 */
import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

export interface StopSignal {
  readonly asked: () => boolean
  readonly release: () => void
}

/**
 * Milliseconds within which a second signal is taken for the same key press, forwarded by both the terminal and npm.
 */
const echo = 250

export const stopSignal = (onFirst: (signal: Signal) => void): StopSignal => {
  let first: number | null = null
  const heard = (signal: Signal): void => {
    if (first === null) {
      first = performance.now()
      onFirst(signal)
    } else if (performance.now() - first > echo) process.exit(128 + constants.signals[signal])
  }
  for (const signal of signals) process.on(signal, heard)
  return {
    asked: () => first !== null,
    release: () => {
      for (const signal of signals) process.off(signal, heard)
    },
  }
}
