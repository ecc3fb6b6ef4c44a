/** Laws of one update: AdamW and clipping as in their papers, number by number, for any state and hyperparameters. */

import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { compile } from '../src/lower/compile.ts'
import type { Outputs } from '../src/plan/compiled.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { input } from '../src/tensor/ops.ts'
import { type AdamW, adamw, adamwScalars, fed, globalNorm, hold } from '../src/train/optimiser.ts'
import { evenly } from './evenly.ts'

const rule: fc.Arbitrary<AdamW> = fc.record({
  beta1: evenly(0, 0.99),
  beta2: evenly(0.5, 0.999),
  eps: evenly(1e-8, 1e-2),
  weightDecay: evenly(0, 1),
  clip: evenly(1e-2, 10),
})
const point = fc.record({
  seed: fc.nat(),
  size: evenly(1e-2, 10),
  rate: evenly(0, 1),
  update: fc.integer({ min: 1, max: 1000 }),
})

const updating = async (n: number) => {
  const inputs = { theta: input('theta', [n]), first: input('first', [n]), second: input('second', [n]) }
  const gradient = input('gradient', [n])
  const norm = globalNorm(gradient)
  return compile(cpu)({ outputs: { ...adamw(inputs, gradient, norm), norm }, state: {} })
}

for (const n of [5, 2048])
  t.test(
    `an update of ${n} parameters is AdamW's, with decoupled weight decay and clipping by the global norm`,
    async (t) => {
      const executable = await updating(n)
      const numbers = (seed: number, size: number) => ({
        theta: normal(fold(key(seed), 0), n),
        first: normal(fold(key(seed), 1), n),
        second: normal(fold(key(seed), 2), n).map((z) => z * z),
        gradient: normal(fold(key(seed), 3), n).map((z) => (size * z) / Math.sqrt(n)),
      })
      const seen = { clipped: 0, whole: 0 }
      await fc.assert(
        fc.asyncProperty(rule, point, async (c, { seed, size, rate, update }) => {
          const x = numbers(seed, size)
          const found: Outputs = await executable.run({ ...x, ...fed(adamwScalars(c, rate, update)) })
          const norm = Math.hypot(...x.gradient)
          // as PyTorch's clip_grad_norm_ has it
          const factor = norm + 1e-6 > c.clip ? c.clip / (norm + 1e-6) : 1
          if (factor < 1) seen.clipped += 1
          else seen.whole += 1
          const near = (name: string, i: number, expected: number): boolean =>
            Math.abs((found[name]?.[i] ?? Number.NaN) - expected) <= 1e-9 * (1 + Math.abs(expected))
          return (
            near('norm', 0, norm) &&
            x.theta.every((theta, i) => {
              const [g, m, v] = [x.gradient, x.first, x.second].map((list) => list[i] ?? Number.NaN)
              if (g === undefined || m === undefined || v === undefined) return false
              const first = c.beta1 * m + (1 - c.beta1) * factor * g
              const second = c.beta2 * v + (1 - c.beta2) * (factor * g) ** 2
              const [mHat, vHat] = [first / (1 - c.beta1 ** update), second / (1 - c.beta2 ** update)]
              const next = theta - rate * c.weightDecay * theta - (rate * mHat) / (Math.sqrt(vHat) + c.eps)
              return near('first', i, first) && near('second', i, second) && near('theta', i, next)
            })
          )
        }),
        { numRuns: 50 },
      )
      t.ok(seen.clipped > 0 && seen.whole > 0, `${seen.clipped} clipped, ${seen.whole} not`)
      await fc.assert(
        fc.asyncProperty(rule, point, async (c, { seed, size }) => {
          const x = numbers(seed, size)
          const found = await executable.run({ ...x, ...fed(hold(c)) })
          return (['theta', 'first', 'second'] as const).every((name) => x[name].join() === found[name]?.join())
        }),
        { numRuns: 10 },
      )
      await executable.dispose()
    },
  )
