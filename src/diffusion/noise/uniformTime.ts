/** The times of rectified flow in training as Lipman et al. 2023 and Liu et al. 2023 draw them: t uniform in (0, 1). */
import { uniform } from '../../random/key.ts'
import { at } from '../../tensor/axes.ts'
import { sigmaOfTime } from '../process/flow.ts'
import type { NoiseDistribution } from './noiseDistribution.ts'

/** Stands for a draw of exactly 0, of which one in 2^53 is: half of the next larger draw. */
const least = 2 ** -54

/** Times uniform in (0, 1), as noise levels t / (1 - t). */
export const uniformTime: NoiseDistribution = {
  name: 'uniform_time',
  draw: (key) => sigmaOfTime(Math.max(at(uniform(key, 1), 0), least)),
}
