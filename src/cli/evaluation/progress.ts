/** Progress output of an evaluation: a bar on a terminal, an occasional line in a log. */
import { bar, type Terminal } from '../bar.ts'
import { clock } from '../progress.ts'

export interface EvaluationReading {
  /** What is being done, in words: `samples`. */
  readonly what: string
  readonly done: number
  readonly all: number
  /** Pictures of this pass since it began or went on, and the seconds that they took. */
  readonly pictures: number
  readonly seconds: number
}

export interface EvaluationProgress {
  readonly show: (reading: EvaluationReading) => void
  readonly stop: () => void
}

const fieldsOf = ({ what, done, all, pictures, seconds }: EvaluationReading) => ({
  what,
  count: `${done}/${all}`,
  rate: (pictures / seconds).toFixed(1),
  left: clock((seconds / pictures) * (all - done)),
})

export const evaluationProgress = (stream: Terminal = process.stderr): EvaluationProgress => {
  const { show, stop } = bar('{what} {count} | {rate} images/s | {left} left', stream)
  return { show: (reading) => show(reading.done / reading.all, fieldsOf(reading)), stop }
}
