/**
 * Discrete diffusion (Ho et al. 2020), the process of DDPM, ADM, DiT and DiffiT's latent model: T timesteps by a beta schedule
 * and what the network predicts. It is variance-preserving, x_t = a y + b n with a = sqrt(alphaBar) = 1 / sqrt(1 + sigma^2) and
 * b = sigma a, so timestep t has the noise level sigma = sqrt((1 - alphaBar_t) / alphaBar_t) of EDM's frame.
 *
 * The network is told the timestep, from 0 to T - 1: `timestepAt` of the noise level, so that samplers may ask it between
 * timesteps; beyond the first and the last it is told those. Every level has weight 1, the simple loss (Ho et al. 2020, Eq. 14).
 */
import { at } from '../../tensor/axes.ts'
import { type BetaSchedule, sigmasOf } from './betas/betaSchedule.ts'
import type { Prediction } from './prediction/prediction.ts'
import type { Process } from './process.ts'
import { timestepAt } from './timestepAt.ts'

/** What a discrete process is made of. */
export interface DiscreteSettings {
  readonly betas: BetaSchedule
  /** The number T of timesteps, at least 2. */
  readonly timesteps: number
  readonly prediction: Prediction
}

/** The discrete process of T timesteps (Ho et al. 2020). A RangeError unless T is a whole number of at least 2. */
export const discrete = ({ betas, timesteps, prediction }: DiscreteSettings): Process => {
  const sigmas = sigmasOf(betas.betas(timesteps))
  if (sigmas.length < 2) throw new RangeError(`discrete: ${timesteps} timestep, expected at least 2`)
  return {
    name: 'discrete',
    noising: (sigma) => {
      const image = 1 / Math.hypot(1, sigma)
      return { image, noise: sigma * image }
    },
    target: prediction.target,
    weight: () => 1,
    denoised: prediction.denoised,
    time: timestepAt(sigmas),
    range: { sigmaMin: at(sigmas, 0), sigmaMax: at(sigmas, sigmas.length - 1), timesteps: sigmas },
  }
}
