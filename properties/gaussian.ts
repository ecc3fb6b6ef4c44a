/** Normal data of known mean and variance: the ideal denoiser, the exact ODE path, and what a sampler makes of both. */
import { freshNoise } from '../src/diffusion/sampler/freshNoise.ts'
import type { Denoise, Sampler } from '../src/diffusion/sampler/sampler.ts'
import { karras } from '../src/diffusion/schedule/karras.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { at, range } from '../src/tensor/axes.ts'

export interface Gaussian {
  readonly mean: number
  readonly variance: number
}

/** E[y | y + s n = x] = (m s^2 + v x) / (v + s^2). */
export const ideal =
  ({ mean: m, variance: v }: Gaussian): Denoise =>
  async (x, s) => ({ denoised: x.map((x) => (m * s ** 2 + v * x) / (v + s ** 2)) })

/** From sigma max to sigma min in n steps, without the last one to 0. */
export const levelsOf = (n: number): readonly number[] =>
  karras.levels(n + 1, { sigmaMin: 0.1, sigmaMax: 10 }).slice(0, -1)

const ends = (levels: readonly number[]) => [at(levels, 0), at(levels, levels.length - 1)] as const

/** How far the sampler's state at the lowest level is from the ODE's, x(t) = m + (x(s) - m) sqrt((v + t^2) / (v + s^2)). */
export const pathError = async (sampler: Sampler, data: Gaussian, n: number): Promise<number> => {
  const { mean: m, variance: v } = data
  const levels = levelsOf(n)
  const [s, t] = ends(levels)
  const [x] = await sampler.run(ideal(data), levels, [key(0)])(Float64Array.of(s))
  return Math.abs((x ?? Number.NaN) - (m + (s - m) * Math.sqrt((v + t ** 2) / (v + s ** 2))))
}

/** a [n, n] x = b by Gaussian elimination with pivots. */
const solved = (a: readonly (readonly number[])[], b: readonly number[]): readonly number[] => {
  const rows = a.map((row, i) => [...row, at(b, i)])
  for (const i of range(b.length)) {
    const pivot = range(b.length - i, i).reduce((p, j) =>
      Math.abs(at(at(rows, j), i)) > Math.abs(at(at(rows, p), i)) ? j : p,
    )
    const [upper, lower] = [at(rows, i), at(rows, pivot)]
    rows[pivot] = upper
    rows[i] = lower
    for (const j of range(b.length))
      if (j !== i) {
        const factor = at(at(rows, j), i) / at(lower, i)
        rows[j] = at(rows, j).map((v, k) => v - factor * at(lower, k))
      }
  }
  return rows.map((row, i) => at(row, b.length) / at(row, i))
}

/**
 * Mean and variance of the state at the lowest level, exact for this sampler and so many steps: with the ideal denoiser the
 * state is a x(s) + b + w_1 n_1 + ... + w_n n_n with the noise n_i of its steps, which is known from the keys. An image of
 * n + 2 numbers gives as many equations for a, b and w.
 */
export const reached = async (sampler: Sampler, data: Gaussian, n: number): Promise<Gaussian> => {
  const levels = levelsOf(n)
  const [s] = ends(levels)
  const keys = [key(5)]
  const start = normal(fold(key(6), 0), n + 2).map((v) => s * v)
  const end = await sampler.run(ideal(data), levels, keys)(start)
  const noises = range(n).map((index) => freshNoise({ keys, index }, n + 2))
  const equations = range(n + 2).map((j) => [at(start, j), 1, ...noises.map((noise) => at(noise, j))])
  const [a = Number.NaN, b = Number.NaN, ...w] = solved(equations, [...end])
  return {
    mean: a * data.mean + b,
    variance: a ** 2 * (data.variance + s ** 2) + w.reduce((sum, wi) => sum + wi ** 2, 0),
  }
}

/** How far mean and variance are from those of the data with the noise of the lowest level. */
export const momentErrors = async (sampler: Sampler, data: Gaussian, n: number): Promise<Gaussian> => {
  const { mean, variance } = await reached(sampler, data, n)
  const [, t] = ends(levelsOf(n))
  return { mean: Math.abs(mean - data.mean), variance: Math.abs(variance - (data.variance + t ** 2)) }
}
