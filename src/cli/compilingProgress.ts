/** Progress output while a program is compiled for a device: a bar on a terminal, an occasional line in a log. */
import { bar, type Terminal } from './bar.ts'
import { clock } from './progress.ts'

export interface CompilingProgress {
  /** Texts that are compiled, and all. */
  readonly show: (done: number, all: number) => void
  readonly stop: () => void
}

/** Seconds: what is done within so many needs no bar. */
const patience = 1

/** @param seconds the time, on any clock */
export const compilingProgress = (
  stream: Terminal = process.stderr,
  seconds: () => number = () => performance.now() / 1000,
): CompilingProgress => {
  const { show, stop } = bar('compiling for the device {count} | {left} left', stream)
  const began = seconds()
  return {
    show: (done, all) => {
      const spent = seconds() - began
      if (spent >= patience)
        show(done / all, { count: `${done}/${all}`, left: done === 0 ? '–' : clock((spent / done) * (all - done)) })
    },
    stop,
  }
}
