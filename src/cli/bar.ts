/** A progress bar on a terminal; in a log, the same line every ten seconds. */
import { SingleBar } from 'cli-progress'

export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean }

export interface Bar {
  /** @param done 0 to 1 @param payload the fields of the format */
  readonly show: (done: number, payload: object) => void
  /** Whether it is on the terminal's last line. */
  readonly shown: () => boolean
  readonly stop: () => void
}

/** @param format of the text beside the bar, its fields in braces */
export const bar = (format: string, stream: Terminal): Bar => {
  const single = new SingleBar({
    format: `{bar} {percentage}% | ${format}`,
    stream,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    gracefulExit: false,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    fps: 4,
  })
  let started = false
  return {
    show: (done, payload) => {
      const value = Math.round(1000 * Math.min(1, done))
      if (started) single.update(value, payload)
      else {
        single.start(1000, value, payload)
        started = true
      }
    },
    shown: () => started,
    stop: () => {
      if (started) single.stop()
      started = false
    },
  }
}
