/** Laws of EDM's preconditioning, losses and guidance, for any noise level, image and network. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { guide } from '../src/diffusion/guidance.ts'
import { lossNames, networkLoss, penalty } from '../src/diffusion/loss.ts'
import { precondition, trainingPair } from '../src/diffusion/precondition.ts'
import { sigmas } from '../src/diffusion/schedule.ts'
import { evaluate } from '../src/lower/compile.ts'
import { input } from '../src/tensor/ops.ts'
import { evenly } from './evenly.ts'

const level = evenly(-6, 5).map((x) => Math.exp(x))
const data = evenly(0.1, 2)
const number = evenly(-3, 3)
const near = (a: number, b: number, size: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1e-6, size)

t.test('precondition: unit variance of the network input and of its ideal output', (t) => {
  fc.assert(
    fc.property(level, data, (s, sd) => {
      const { cIn } = precondition(sd)(s)
      const { input: shown, target } = trainingPair(sd)(s)
      const variance = ([y, n]: readonly [number, number]): number => (y * sd) ** 2 + n ** 2
      return near(cIn ** 2 * (sd ** 2 + s ** 2), 1, 1) && near(variance(shown), 1, 1) && near(variance(target), 1, 1)
    }),
  )
  t.end()
})

t.test('training pair: cSkip x + cOut target = y, for x = y + s n and input = cIn x', (t) => {
  fc.assert(
    fc.property(level, data, number, number, (s, sd, y, n) => {
      const { cSkip, cOut, cIn } = precondition(sd)(s)
      const { input: shown, target } = trainingPair(sd)(s)
      const x = y + s * n
      const answer = target[0] * y + target[1] * n
      return (
        near(cSkip * x + cOut * answer, y, Math.abs(y) + s * Math.abs(n)) &&
        near(shown[0] * y + shown[1] * n, cIn * x, Math.abs(cIn * y) + Math.abs(cIn * s * n))
      )
    }),
  )
  t.end()
})

t.test("network loss: the squared error of F is EDM's weighted squared error of D", (t) => {
  fc.assert(
    fc.property(level, data, number, number, number, (s, sd, y, n, f) => {
      const { cSkip, cOut } = precondition(sd)(s)
      const { target } = trainingPair(sd)(s)
      const x = y + s * n
      const weight = (s ** 2 + sd ** 2) / (s * sd) ** 2
      const ofD = weight * (cSkip * x + cOut * f - y) ** 2
      const size = weight * (Math.abs(cSkip * x) + Math.abs(cOut * f) + Math.abs(y)) ** 2
      return near(penalty.mse(f - (target[0] * y + target[1] * n)), ofD, size)
    }),
  )
  t.end()
})

t.test('network loss: the graph computes the weighted sum of mean penalties', async (_t) => {
  const shape = [2, 2, 1, 2]
  const [f, y, w] = [input('f', shape), input('y', shape), input('w', [2, 1, 1, 1])]
  const graph = Object.fromEntries(lossNames.map((name) => [name, networkLoss(name)(f, y, w)]))
  const eight = fc.array(number, { minLength: 8, maxLength: 8 }).map((xs) => Float64Array.from(xs))
  await fc.assert(
    fc.asyncProperty(eight, eight, fc.tuple(number, number), async (f, y, w) => {
      const found = await evaluate(cpu)(graph, { f, y, w: Float64Array.from(w) })
      return lossNames.every((name) => {
        const each = f.map((v, i) => penalty[name](v - (y[i] ?? 0)))
        const mean = (i: number): number => each.subarray(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0) / 4
        return near(found[name]?.[0] ?? Number.NaN, w[0] * mean(0) + w[1] * mean(1), 300)
      })
    }),
    { numRuns: 20 },
  )
})

t.test('guidance: 1 gives the conditional output, 0 the unconditional one, and the same rule holds for eps', (t) => {
  fc.assert(
    fc.property(number, number, number, evenly(0, 8), level, (x, u, c, w, s) => {
      const at = (weight: number): number => guide(weight)(Float64Array.of(u), Float64Array.of(c))[0] ?? Number.NaN
      const eps = (d: number): number => (x - d) / s
      const size = (Math.abs(x) + 10 * Math.abs(u) + 10 * Math.abs(c)) / s
      return (
        near(at(1), c, 9) &&
        Object.is(at(0) + 0, u + 0) &&
        near(eps(at(w)), eps(u) + w * (eps(c) - eps(u)), Math.max(1, size))
      )
    }),
  )
  t.end()
})

t.test('noise levels decrease, whatever their number', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), (n) => {
      const levels = sigmas(n)
      return levels.length === n + 1 && levels.every((s, i) => i === 0 || s < (levels[i - 1] ?? 0))
    }),
  )
  t.end()
})
