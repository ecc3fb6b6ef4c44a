/** Progress of a comparison: which run of how many, its step, loss and rate, and the time left for all that is to be trained. */
import { bar } from '../bar.ts'
import { clock, type Progress, progress, type Reading } from '../progress.ts'

/** Work of runs in any one unit: FLOPs, or minutes. */
export interface Work {
  /** Of the runs that are finished. */
  readonly before: number
  /** Of the run in training. */
  readonly here: number
  /** Of the runs after it. */
  readonly after: number
}

/** The share of all work that is done, and the seconds left for the rest of it at this run's rate. */
export interface Whole {
  readonly done: number
  readonly left: number
}

/**
 * Of all runs, when one of them stands here. Laws: with one run it is that run's own reading; work that is done twice as fast
 * is done in half of the time.
 */
export const wholeOf = ({ before, here, after }: Work, { done, left }: Pick<Reading, 'done' | 'left'>): Whole => {
  const part = Math.min(1, done)
  // at its end a run has no rate by itself: what is left is what comes after it
  const own = part < 1 ? left / (1 - part) : left
  return { done: (before + here * part) / (before + here + after), left: left + (own * after) / here }
}

export interface ComparisonProgress {
  /** A run's progress, shown as part of the whole. */
  readonly of: (run: string, work: Work) => Progress
  readonly say: (line: string) => void
}

const format = '{run} | step {step} | loss {loss} | {rate} images/s | {left} left for all'

/** On a terminal one bar for the whole; in a log an occasional line. */
export const comparisonProgress = (): ComparisonProgress => {
  const { say } = progress()
  const stream = process.stderr
  return {
    say,
    of: (run, work) => {
      const { show, shown, stop } = bar(format, stream)
      return {
        show: (reading) => {
          const { step, loss, imagesPerSecond } = reading
          const { done, left } = wholeOf(work, reading)
          show(done, { run, step, loss: loss.toFixed(4), rate: imagesPerSecond.toFixed(1), left: clock(left) })
        },
        say: (line) => {
          if (stream.isTTY && shown()) stream.write('\r\u001b[K')
          say(line)
        },
        stop,
      }
    },
  }
}
