/**
 * Heun's second-order sampler of EDM (Karras et al. 2022, Algorithm 1): from noise to images along decreasing noise levels.
 * The state is float64 on the host; `denoise` computes D(x; sigma) for whole batches.
 *
 * Images are independent: each depends on its own noise, class and the noise levels only.
 */

export type Denoise = (x: Float64Array, sigma: number) => Promise<Float64Array>

/** A deterministic sampler step: x at noise level s -> x at noise level t. */
const step = async (denoise: Denoise, x: Float64Array, s: number, t: number): Promise<Float64Array> => {
  const slope = async (at: Float64Array, level: number): Promise<Float64Array> => {
    const d = await denoise(at, level)
    return at.map((v, i) => (v - (d[i] ?? Number.NaN)) / level)
  }
  const d = await slope(x, s)
  const euler = x.map((v, i) => v + (t - s) * (d[i] ?? 0))
  if (t === 0) return euler
  const e = await slope(euler, t)
  return x.map((v, i) => v + ((t - s) * ((d[i] ?? 0) + (e[i] ?? 0))) / 2)
}

/**
 * @param noise standard normal numbers, [b, h, w, c]
 * @param levels decreasing, the last one 0 (`sigmas(n)`): n steps, 2 n - 1 calls of `denoise`
 */
export const heun =
  (denoise: Denoise, levels: readonly number[]) =>
  async (noise: Float64Array): Promise<Float64Array> => {
    const [top = 0, ...rest] = levels
    let x: Float64Array = noise.map((n) => n * top)
    let at = top
    for (const next of rest) {
      x = await step(denoise, x, at, next)
      at = next
    }
    return x
  }
