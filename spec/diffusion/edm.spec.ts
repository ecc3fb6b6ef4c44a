/** EDM by numbers: levels, coefficients and the sampler, where the answer is known. */
import t from 'tap'
import { heun } from '../../src/diffusion/sampler.ts'
import { sigmas } from '../../src/diffusion/schedule.ts'
import { timeEmbedding } from '../../src/diffusion/timeEmbedding.ts'

t.test('sigmas: from 80 down to 0.002, then 0', (t) => {
  const levels = sigmas(18)
  t.equal(levels.length, 19)
  t.ok(Math.abs((levels[0] ?? 0) - 80) < 1e-12 * 80)
  t.ok(Math.abs((levels[17] ?? 0) - 0.002) < 1e-12)
  t.equal(levels[18], 0)
  // (80^(1/7) + 9/17 (0.002^(1/7) - 80^(1/7)))^7, worked out by hand
  t.ok(Math.abs((levels[9] ?? 0) - 1.9233) < 1e-3, `${levels[9]}`)
  t.strictSame(sigmas(1), [80, 0], 'one step is from the top to nothing')
  t.end()
})

t.test('heun: a constant denoiser gives its image', async (t) => {
  const picture = Float64Array.of(0.25, -1, 0.5)
  const image = await heun(async () => picture, sigmas(5))(Float64Array.of(1, -2, 3))
  image.forEach((v, i) => {
    t.ok(Math.abs(v - (picture[i] ?? 0)) < 1e-12)
  })
})

t.test('heun: for normal data it is second order: twice the steps, a quarter of the error', async (t) => {
  // data N(0, 1): D(x; s) = x / (1 + s^2), so x(s) is proportional to sqrt(1 + s^2)
  const denoise = async (x: Float64Array, s: number): Promise<Float64Array> => x.map((v) => v / (1 + s * s))
  const errorOf = async (steps: number): Promise<number> => {
    const [x = 0] = await heun(denoise, sigmas(steps))(Float64Array.of(1))
    return Math.abs(x - 80 / Math.sqrt(1 + 80 ** 2))
  }
  const [coarse, fine] = [await errorOf(32), await errorOf(64)]
  t.ok(coarse / fine > 3.3 && coarse / fine < 5, `${coarse} / ${fine}`)
})

t.test('heun: 2 n - 1 evaluations in n steps, at decreasing noise levels', async (t) => {
  const asked: number[] = []
  const denoise = async (x: Float64Array, s: number): Promise<Float64Array> => {
    asked.push(s)
    return x
  }
  await heun(denoise, sigmas(4))(Float64Array.of(1))
  t.equal(asked.length, 7)
  t.strictSame(
    asked,
    [...asked].sort((a, b) => b - a),
  )
})

t.test('time embedding: cosines, then sines, of frequencies from 1 down', (t) => {
  const expected = [Math.cos(2), Math.cos(0.02), Math.sin(2), Math.sin(0.02)]
  timeEmbedding(4)(2).forEach((v, i) => {
    t.ok(Math.abs(v - (expected[i] ?? 0)) < 1e-15)
  })
  t.end()
})
