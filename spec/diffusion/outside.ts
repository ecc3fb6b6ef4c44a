/** One of each kind that is in no table: what someone else writes in a file of his own. */
import type { Loss } from '../../src/diffusion/loss/loss.ts'
import type { NoiseDistribution } from '../../src/diffusion/noise/noiseDistribution.ts'
import type { Process } from '../../src/diffusion/process/process.ts'
import { freshNoise } from '../../src/diffusion/sampler/freshNoise.ts'
import { type Sampler, sampler, slope } from '../../src/diffusion/sampler/sampler.ts'
import { edmRange, schedule } from '../../src/diffusion/schedule/schedule.ts'
import { uniform } from '../../src/random/key.ts'
import { abs } from '../../src/tensor/ops.ts'

/** v-prediction, with the weight of noise prediction: the squared error of D counts lambda = 1 / sigma^2. */
export const velocity = (): Process => {
  const a = (s: number): number => 1 / Math.sqrt(1 + s * s)
  return {
    name: 'v',
    noising: (s) => ({ image: a(s), noise: s * a(s) }),
    target: (s) => ({ image: -s * a(s), noise: a(s) }),
    weight: (s) => (s * a(s)) ** 2 / s ** 2,
    denoised: (s) => ({ skip: a(s) ** 2, out: -s * a(s) }),
    time: (s) => Math.atan(s),
    range: edmRange,
  }
}

/** The absolute error. */
export const l1: Loss = { name: 'l1', pointwise: abs, penalty: Math.abs }

/** Levels evenly spaced. */
export const linear = schedule('linear', (u, { sigmaMin, sigmaMax }) => (1 - u) * sigmaMax + u * sigmaMin)

/** Levels evenly spread from 0.1 to 1. */
export const uniformly: NoiseDistribution = {
  name: 'uniformly',
  draw: (key) => 0.1 + 0.9 * (uniform(key, 1)[0] ?? Number.NaN),
}

/** Euler's ancestral sampler (k-diffusion): a longer step, then fresh noise, each image's from its own key. */
export const ancestral: Sampler = sampler(
  'ancestral',
  (steps) => steps,
  async (denoise, x, { from: s, to: t, index, keys }) => {
    const up = t * Math.sqrt(1 - (t / s) ** 2)
    const down = t === 0 ? 0 : t ** 2 / s
    const { denoised } = await denoise(x, s)
    const d = slope(x, denoised, s)
    const noise = freshNoise({ keys, index }, x.length)
    return { x: x.map((v, i) => v + (down - s) * (d[i] ?? Number.NaN) + up * (noise[i] ?? Number.NaN)), denoised }
  },
)
