/**
 * The power-cosine schedule of MDT (Gao et al. 2023), which DiffiT takes over with power 4:
 * s = (w - 1) / 2 (1 - cos(pi (1 - t / T)^power)) + 1. It is 1 where the way begins, at high noise, and w where it ends: where
 * the noise is high, guidance would make all images of a class alike. 1 - t / T is the share of the way that is done.
 */
import type { GuidanceSchedule } from './guidanceSchedule.ts'

/** MDT's schedule (Gao et al. 2023): from 1 at the highest noise to w at the end, later for a higher power; a power that is not positive is a RangeError. */
export const powerCosine = (power: number): GuidanceSchedule => {
  if (!(power > 0 && Number.isFinite(power)))
    throw new RangeError(`power_cosine: the power is ${power}, expected a positive number`)
  return {
    name: 'power_cosine',
    help: 'from 1 at high noise to all of it at the end',
    scale: (w, { left }) => ((w - 1) / 2) * (1 - Math.cos(Math.PI * (1 - left) ** power)) + 1,
  }
}
