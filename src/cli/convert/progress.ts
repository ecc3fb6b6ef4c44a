/** Progress of a conversion: a bar on a terminal, an occasional line in a log. */
import { bar, type Terminal } from '../bar.ts'
import { clock } from '../progress.ts'

export interface ConversionProgress {
  /** @param what is done with the bytes, in words @param bytes so far @param seconds since it began */
  readonly show: (what: string, bytes: number, all: number, seconds: number) => void
  readonly stop: () => void
}

const mega = 2 ** 20

export const conversionProgress = (stream: Terminal = process.stderr): ConversionProgress => {
  const { show, stop } = bar('{what} {count} MiB | {rate} MiB/s | {left} left', stream)
  return {
    show: (what, bytes, all, seconds) =>
      show(all === 0 ? 1 : bytes / all, {
        what,
        count: `${Math.round(bytes / mega)}/${Math.round(all / mega)}`,
        rate: (bytes / mega / Math.max(seconds, 1e-3)).toFixed(0),
        left: clock(bytes === 0 ? 0 : (seconds / bytes) * (all - bytes)),
      }),
    stop,
  }
}

/** Counts bytes; asks at each whether the work should stop. */
export interface Meter {
  readonly begin: (what: string, all: number) => void
  readonly add: (bytes: number) => void
}

/** @param stopCheck throws if the work should stop */
export const meter = ({ show }: Pick<ConversionProgress, 'show'>, stopCheck: () => void): Meter => {
  let now = { what: '', all: 0, done: 0, since: 0 }
  return {
    begin: (what, all) => {
      now = { what, all, done: 0, since: performance.now() }
    },
    add: (bytes) => {
      stopCheck()
      now = { ...now, done: now.done + bytes }
      show(now.what, now.done, now.all, (performance.now() - now.since) / 1000)
    },
  }
}
