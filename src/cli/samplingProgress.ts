/** Progress output of sampling: a bar on a terminal, a line per step elsewhere. */
import { bar, type Terminal } from './bar.ts'
import { clock } from './progress.ts'

export interface SamplingReading {
  /** Steps taken; 1 is the first. */
  readonly step: number
  readonly steps: number
  /** Images that are sampled together. */
  readonly images: number
  /** Seconds since sampling began. */
  readonly seconds: number
}

export interface SamplingProgress {
  readonly show: (reading: SamplingReading) => void
  readonly stop: () => void
}

/** Rate and time left, if the steps to come take as long as those so far. */
const fieldsOf = ({ step, steps, images, seconds }: SamplingReading) => ({
  step: `${step}/${steps}`,
  rate: ((images * step) / steps / seconds).toFixed(1),
  left: clock((seconds / step) * (steps - step)),
})

export const samplingProgress = (stream: Terminal = process.stderr): SamplingProgress => {
  if (stream.isTTY !== true)
    return {
      show: (reading) => {
        const { step, rate, left } = fieldsOf(reading)
        stream.write(`step ${step} | ${rate} images/s | ${left} left\n`)
      },
      stop: () => undefined,
    }
  const { show, stop } = bar('step {step} | {rate} images/s | {left} left', stream)
  return { show: (reading) => show(reading.step / reading.steps, fieldsOf(reading)), stop }
}
