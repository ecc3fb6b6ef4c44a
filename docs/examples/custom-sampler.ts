/**
 * A sampler of one's own: Euler's with fresh noise in every step (ancestral sampling). The data are the numbers -1 and 1,
 * whose denoiser is known, D(x; sigma) = tanh(x / sigma^2): every sample has to end at one of them, half of them at each.
 *
 *   node custom-sampler.ts [SAMPLES] [STEPS]
 */
import { foldIn, key, normal, splitKey } from 'diffit'
import { type Denoise, edmRange, heun, karras, sampler, slope, startingAt } from 'diffit/diffusion'

/** From the level s to t: down to sqrt(t^2 - up^2), then up to t with noise from every image's own key. */
const ancestral = sampler(
  'ancestral',
  (steps) => steps,
  async (denoise, x, { from: s, to: t, index, keys }) => {
    const up = (t / s) * Math.sqrt(s ** 2 - t ** 2)
    const down = Math.sqrt(t ** 2 - up ** 2)
    const { denoised } = await denoise(x, s)
    const d = slope(x, denoised, s)
    const noise = keys.flatMap((k) => [...normal(foldIn(k, index), x.length / keys.length)])
    const next = x.map((v, i) => v + (down - s) * (d[i] ?? NaN) + up * (noise[i] ?? NaN))
    return { x: next, denoised }
  },
)

const [samples = '2000', steps = '20'] = process.argv.slice(2)
const denoise: Denoise = async (x, sigma) => ({ denoised: x.map((v) => Math.tanh(v / sigma ** 2)) })
const levels = karras.levels(Number(steps), edmRange)
const keys = splitKey(key(1), Number(samples))
const noise = normal(key(2), Number(samples))

// whatever takes a sampler takes this one: sample(network, { sampler: ancestral, levels, guidance: 1 })
for (const { name, evaluations, run } of [ancestral, heun()]) {
  const x = await run(denoise, levels, keys)(startingAt(levels, noise))
  const off = Math.max(...x.map((v) => Math.abs(Math.abs(v) - 1)))
  const ones = x.filter((v) => v > 0).length / x.length
  console.log(`${name}: ${evaluations(Number(steps))} evaluations, ${ones} are 1, at most ${off.toFixed(6)} off`)
}
