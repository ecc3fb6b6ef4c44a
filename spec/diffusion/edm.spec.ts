/** EDM by numbers: levels and times, where the answer is known. */
import t from 'tap'
import { karras } from '../../src/diffusion/karras.ts'
import { edmRange } from '../../src/diffusion/schedule.ts'
import { timeEmbedding } from '../../src/diffusion/timeEmbedding.ts'

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
    t.ok(Math.abs(v - (expected[i] ?? 0)) < 1e-15)
  })
  t.end()
})
