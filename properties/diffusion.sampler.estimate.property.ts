/** Laws of what is done to the estimate of a clean image: clipping and dynamic thresholding, image by image. */
import fc from 'fast-check'
import t from 'tap'
import { clipped, type Estimate, estimating, thresholded } from '../src/diffusion/sampler/estimate.ts'
import { type Denoise, startingAt } from '../src/diffusion/sampler/sampler.ts'
import { defaultSamplerOptions } from '../src/diffusion/sampler/samplerOptions.ts'
import { samplers } from '../src/diffusion/sampler/samplers.ts'
import { karras } from '../src/diffusion/schedule/karras.ts'
import { key } from '../src/random/key.ts'
import { at } from '../src/tensor/axes.ts'
import { evenly } from './evenly.ts'

const numbers = fc.array(evenly(-4, 4), { minLength: 1, maxLength: 40 }).map((xs) => Float64Array.from(xs))
const percentile = evenly(0, 1)
const without = Number.POSITIVE_INFINITY

t.test('clipping: what is within [-1, 1] stays, what is beyond becomes the nearest end', async () => {
  fc.assert(
    fc.property(numbers, (xs) =>
      clipped(xs).every((v, i) => v === (Math.abs(at(xs, i)) <= 1 ? at(xs, i) : Math.sign(at(xs, i)))),
    ),
  )
})

t.test(
  'dynamic thresholding: all is within [-1, 1], in proportion up to the percentile of the absolute values',
  async () => {
    fc.assert(
      fc.property(numbers, percentile, (xs, p) => {
        const found = thresholded({ percentile: p, max: without })(xs)
        // torch.quantile: the place p (n - 1) in the order, linear between its neighbours
        const sorted = Array.from(xs, Math.abs).sort((a, b) => a - b)
        const place = p * (sorted.length - 1)
        const [low, high] = [at(sorted, Math.floor(place)), at(sorted, Math.ceil(place))]
        const s = Math.max(1, low * (1 - (place % 1)) + high * (place % 1))
        return found.every((v, i) => Math.abs(v - Math.max(-s, Math.min(s, at(xs, i))) / s) <= 1e-12)
      }),
    )
  },
)

t.test('dynamic thresholding: with a highest threshold of 1 it is clipping, at any percentile', async () => {
  fc.assert(
    fc.property(
      numbers,
      percentile,
      (xs, p) => thresholded({ percentile: p, max: 1 })(xs).join() === clipped(xs).join(),
    ),
  )
})

t.test('dynamic thresholding: images within [-1, 1] stay as they are', async () => {
  fc.assert(
    fc.property(numbers, percentile, (xs, p) => {
      const small = xs.map((v) => v / 4)
      return thresholded({ percentile: p, max: without })(small).join() === small.join()
    }),
  )
})

t.test('dynamic thresholding: a percentile that is no share is an error', async (t) => {
  for (const percentile of [-0.1, 1.1, 99.5, Number.NaN])
    t.throws(() => thresholded({ percentile, max: 1 }), {
      message: `dynamic thresholding at percentile ${percentile}: expected a share from 0 to 1`,
    })
})

const estimates: Readonly<Record<string, Estimate>> = {
  clipped,
  thresholded: thresholded({ percentile: 0.6, max: without }),
}
const wide: Denoise = async (x, s) => ({
  denoised: x.map((v) => 3 * Math.tanh(v / (1 + s))),
  variance: x.map(() => 0.5),
})
const keys = [key(1), key(2)]
const images = fc.array(evenly(-3, 3), { minLength: 8, maxLength: 8 }).map((xs) => Float64Array.from(xs))

for (const [name, estimate] of Object.entries(estimates))
  for (const [row, { of }] of Object.entries(samplers))
    t.test(
      `${row} with ${name}: every estimate is within [-1, 1], the result too, and images do not meet`,
      async () => {
        await fc.assert(
          fc.asyncProperty(images, fc.integer({ min: 1, max: 6 }), async (noise, n) => {
            const levels = karras.levels(n, { sigmaMin: 0.05, sigmaMax: 20 })
            const start = startingAt(levels, noise)
            const within = (xs: Float64Array): boolean => xs.every((v) => Math.abs(v) <= 1 + 1e-12)
            const seen: Float64Array[] = []
            const sampler = of(defaultSamplerOptions)
            const both = await sampler.run(estimating(wide, estimate, 2), levels, keys, ({ denoised }) =>
              seen.push(denoised),
            )(start)
            const alone = await sampler.run(estimating(wide, estimate, 1), levels, keys.slice(1))(start.slice(4))
            return seen.every(within) && within(both) && both.slice(4).join() === alone.join()
          }),
          { numRuns: 10 },
        )
      },
    )

t.test('the estimate as the network had it, and its variance, go with the changed one', async (t) => {
  const x = Float64Array.of(-2, 0.1, 5, 9)
  const [plain, changed] = [await wide(x, 1), await estimating(wide, clipped, 2)(x, 1)]
  t.strictSame(changed, { ...plain, denoised: clipped(plain.denoised), unclipped: plain.denoised })
})
