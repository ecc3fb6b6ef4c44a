/** The noise levels of discrete diffusion in training (Ho et al. 2020, Algorithm 1): every timestep equally often. */
import { uniform } from '../../random/key.ts'
import { at } from '../../tensor/axes.ts'
import type { Process } from '../process/process.ts'
import type { NoiseDistribution } from './noiseDistribution.ts'

/** The levels of a process's timesteps, each equally likely. A RangeError for a process without timesteps. */
export const timesteps = ({ name, range }: Pick<Process, 'name' | 'range'>): NoiseDistribution => {
  const sigmas = range.timesteps
  if (sigmas === undefined)
    throw new RangeError(`timesteps: the process "${name}" has none, expected a discrete process`)
  return {
    name: 'timesteps',
    draw: (key) => at(sigmas, Math.floor(at(uniform(key, 1), 0) * sigmas.length)),
  }
}
