/** EDM by numbers: levels and times, where the answer is known. */

import t from 'tap'
import { element } from '../../src/codec/element.ts'
import { edmNoise, lognormal } from '../../src/diffusion/noise/lognormal.ts'
import { exponential } from '../../src/diffusion/schedule/exponential.ts'
import { karras } from '../../src/diffusion/schedule/karras.ts'
import { edmRange } from '../../src/diffusion/schedule/schedule.ts'
import { timeEmbedding } from '../../src/diffusion/timeEmbedding.ts'
import { key, normal } from '../../src/random/key.ts'

const sigmas = (steps: number): readonly number[] => karras.levels(steps, edmRange)

t.test('karras: from 80 down to 0.002, then 0', (t) => {
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

t.test('time embedding: cosines, then sines, of frequencies from 1 down', (t) => {
  const expected = [Math.cos(2), Math.cos(0.02), Math.sin(2), Math.sin(0.02)]
  timeEmbedding(4)(2).forEach((v, i) => {
    t.ok(Math.abs(v - element(expected, i)) < 1e-15)
  })
  t.end()
})

t.test("EDM's numbers: Table 1", async (t) => {
  t.strictSame(edmNoise, { mean: -1.2, std: 1.2 })
  t.strictSame(edmRange, { sigmaMin: 0.002, sigmaMax: 80 })
  const [z = Number.NaN] = normal(key(1), 1)
  t.equal(lognormal(edmNoise).draw(key(1)), Math.exp(1.2 * z - 1.2))
})

t.test('exponential: the logarithms of the levels are evenly spaced', async (t) => {
  const levels = exponential.levels(4, { sigmaMin: 0.01, sigmaMax: 10 })
  levels.forEach((s, i) => {
    t.ok(Math.abs(s - (i === 4 ? 0 : 10 ** (1 - i))) < 1e-14, `${s}`)
  })
})
