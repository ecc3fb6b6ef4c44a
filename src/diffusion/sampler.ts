/**
 * Heun's second-order sampler of EDM (Karras et al. 2022, Algorithm 1): from noise to images along decreasing noise levels.
 * The state is float64 on the host; `denoise` computes D(x; sigma) for whole batches.
 *
 * Images are independent: each depends on its own noise, class and the noise levels only.
 */
import { at } from '../tensor/axes.ts'

export type Denoise = (x: Float64Array, sigma: number) => Promise<Float64Array>

/** A deterministic sampler step: x at noise level s -> x at noise level t. */
const step = async (denoise: Denoise, x: Float64Array, s: number, t: number): Promise<Float64Array> => {
  const slope = async (place: Float64Array, level: number): Promise<Float64Array> => {
    const d = await denoise(place, level)
    return place.map((v, i) => (v - at(d, i)) / level)
  }
  const d = await slope(x, s)
  const euler = x.map((v, i) => v + (t - s) * at(d, i))
  if (t === 0) return euler
  const e = await slope(euler, t)
  return x.map((v, i) => v + ((t - s) * (at(d, i) + at(e, i))) / 2)
}

/**
 * @param noise standard normal numbers, [b, h, w, c]
 * @param levels decreasing, the last one 0 (`sigmas(n)`): n steps, 2 n - 1 calls of `denoise`
 */
export const heun =
  (denoise: Denoise, levels: readonly number[]) =>
  async (noise: Float64Array): Promise<Float64Array> => {
    const [top, rest] = [at(levels, 0), levels.slice(1)]
    let x: Float64Array = noise.map((n) => n * top)
    let level = top
    for (const next of rest) {
      x = await step(denoise, x, level, next)
      level = next
    }
    return x
  }
