/**
 * Guidance in a limited interval of noise levels (Kynkaanniemi et al. 2024, arXiv 2404.07724): w where low < sigma <= high, none
 * elsewhere. At high noise it makes images alike, at low noise it changes nothing: left out, it costs nothing there.
 */
import type { GuidanceSchedule } from './guidanceSchedule.ts'

/** Guidance of scale w at noise levels in (low, high] only (Kynkaanniemi et al. 2024); a RangeError unless 0 <= low < high. */
export const guidanceInterval = (low: number, high: number): GuidanceSchedule => {
  if (!(0 <= low && low < high))
    throw new RangeError(`interval: noise levels from ${low} to ${high}, expected 0 <= low < high`)
  return {
    name: 'interval',
    help: 'within an interval of noise levels only',
    scale: (w, { sigma }) => (low < sigma && sigma <= high ? w : 1),
  }
}
