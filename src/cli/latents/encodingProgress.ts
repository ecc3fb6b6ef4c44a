/** Progress output of encoding: a bar on a terminal, an occasional line in a log. */
import { bar, type Terminal } from '../bar.ts'
import { clock } from '../progress.ts'

export interface EncodingReading {
  /** Pictures that are encoded, and all. */
  readonly done: number
  readonly all: number
  /** Of those the pictures of this call, and the seconds that they took. */
  readonly now: number
  readonly seconds: number
}

export interface EncodingProgress {
  readonly show: (reading: EncodingReading) => void
  readonly stop: () => void
}

const fieldsOf = ({ done, all, now, seconds }: EncodingReading) => ({
  count: `${done}/${all}`,
  rate: now === 0 ? '–' : (now / seconds).toFixed(1),
  left: now === 0 ? '–' : clock((seconds / now) * (all - done)),
})

export const encodingProgress = (stream: Terminal = process.stderr): EncodingProgress => {
  const { show, stop } = bar('encoding pictures {count} | {rate} images/s | {left} left', stream)
  return { show: (reading) => show(reading.done / reading.all, fieldsOf(reading)), stop }
}
