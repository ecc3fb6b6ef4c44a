/** Progress output of training: a bar on a terminal, an occasional line in a log. */
import { bar } from './bar.ts'

export interface Reading {
  readonly step: number
  readonly loss: number
  /** Numbers of the last validation, by name. */
  readonly measures: Readonly<Record<string, number>>
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

const format = 'step {step} | loss {loss} | {measures}{rate} images/s | {left} left'

export const progress = (): Progress => {
  const stream = process.stderr
  const { show, shown, stop } = bar(format, stream)
  return {
    show: ({ step, loss, measures, imagesPerSecond, done, left }) => {
      const others = Object.entries(measures).map(([name, value]) => `${name} ${value.toFixed(3)} | `)
      show(done, {
        step,
        loss: loss.toFixed(4),
        measures: others.join(''),
        rate: imagesPerSecond.toFixed(1),
        left: clock(left),
      })
    },
    say: (line) => {
      if (stream.isTTY && shown()) stream.write('\r\u001b[K')
      process.stdout.write(`${line}\n`)
    },
    stop,
  }
}
