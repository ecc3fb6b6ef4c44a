/** Progress output: a bar on a terminal, an occasional line in a log. */
import { SingleBar } from 'cli-progress'

export interface Reading {
  readonly step: number
  readonly loss: number
  readonly imagesPerSecond: number
  /** 0 to 1 of the planned length. */
  readonly done: number
  /** Seconds. */
  readonly left: number
}

export interface Progress {
  readonly show: (reading: Reading) => void
  /** A line above the bar. */
  readonly say: (line: string) => void
  readonly stop: () => void
}

/** 3725 -> 1h02m, 65 -> 1m05s. */
export const clock = (seconds: number): string => {
  if (seconds > 1e7) return 'unlimited'
  const s = Math.max(0, Math.round(seconds))
  const two = (n: number): string => String(n).padStart(2, '0')
  if (s >= 3600) return `${Math.floor(s / 3600)}h${two(Math.floor((s % 3600) / 60))}m`
  return s >= 60 ? `${Math.floor(s / 60)}m${two(s % 60)}s` : `${s}s`
}

const format = '{bar} {percentage}% | step {step} | loss {loss} | {rate} images/s | {left} left'

export const progress = (): Progress => {
  const stream = process.stderr
  const bar = new SingleBar({
    format,
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
    show: ({ step, loss, imagesPerSecond, done, left }) => {
      const payload = {
        step,
        loss: loss.toFixed(4),
        rate: imagesPerSecond.toFixed(1),
        left: clock(left),
      }
      const value = Math.round(1000 * Math.min(1, done))
      if (started) bar.update(value, payload)
      else {
        bar.start(1000, value, payload)
        started = true
      }
    },
    say: (line) => {
      if (stream.isTTY && started) stream.write('\r\u001b[K')
      process.stdout.write(`${line}\n`)
    },
    stop: () => {
      if (started) bar.stop()
      started = false
    },
  }
}
