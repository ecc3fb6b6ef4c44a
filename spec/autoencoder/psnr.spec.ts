/** Known values of the peak signal-to-noise ratio, the loss of a validation, and the scale of latents. */
import t from 'tap'
import { scaleMeter, scaleOfFactor } from '../../src/autoencoder/latents.ts'
import { klOfMoments, reconstructionLosses } from '../../src/autoencoder/loss.ts'
import { measureScale } from '../../src/autoencoder/measureScale.ts'
import { meanPsnr, psnr } from '../../src/autoencoder/psnr.ts'
import { reconstructionScore } from '../../src/autoencoder/scores.ts'

t.test(
  'a difference of a hundredth of the range everywhere is 40 dB; equal pictures are infinitely close',
  async (t) => {
    const pictures = Float32Array.of(0, 0.5, -1, 1)
    const [first = 0, second = 0] = psnr(Float32Array.of(0.02, 0.52, -1, 1), pictures, 2)
    t.ok(Math.abs(first - 40) < 1e-4, `${first} dB`)
    t.equal(second, Number.POSITIVE_INFINITY)
    t.ok(Math.abs(meanPsnr(Float32Array.of(0.02, 0.52, -1, 1), pictures, 2) - 70) < 1e-4, 'and count as 100 dB')
  },
)

t.test('values beyond the range are clipped: what is drawn counts', async (t) => {
  const [beyond = 0] = psnr(Float32Array.of(1.5, -7), Float32Array.of(0.9, -1), 2)
  t.ok(Math.abs(beyond - 10 * Math.log10(4 / 0.005)) < 1e-4, `${beyond} dB`)
})

t.test('numbers that are not those of whole pictures are refused', async (t) => {
  t.throws(() => psnr(new Float32Array(4), new Float32Array(6), 2), /^4 and 6 numbers: expected as many/)
  t.throws(() => psnr(new Float32Array(5), new Float32Array(5), 2), RangeError)
  t.throws(() => psnr(new Float32Array(0), new Float32Array(0), 2), RangeError)
})

t.test('a validation: the loss by its table, the divergence and the ratio', async (t) => {
  const made = {
    reconstruction: Float32Array.of(0.5, -0.5),
    mean: Float32Array.of(2, 0),
    logVariance: Float32Array.of(0, 0),
  }
  t.equal(klOfMoments(made), 1)
  const score = (loss: keyof typeof reconstructionLosses) =>
    reconstructionScore(made, Float32Array.of(0, 0.5), { each: 2, loss: reconstructionLosses[loss], klWeight: 0.5 })
  t.equal(score('l1').loss, 0.75 + 0.5)
  t.equal(score('mse').loss, 0.625 + 0.5)
  t.equal(score('l1_mse').loss, 1.375 + 0.5)
  t.equal(score('mse').kl, 1)
  t.ok(Math.abs(score('mse').psnr - 10 * Math.log10(4 / 0.625)) < 1e-9)
})

t.test('measuring a scale tells of each block, after which it can be stopped', async (t) => {
  const asked: number[] = []
  const encode = async (images: { readonly length: number }) => {
    asked.push(images.length)
    return { mean: Float32Array.of(1, 3), logVariance: new Float32Array(2) }
  }
  const measure = measureScale({ encode, latents: { size: 1, channels: 1 } }, () => {
    if (asked.length === 2) throw new Error('stopped')
  })
  await t.rejects(measure([new Float32Array(4), new Float32Array(5), new Float32Array(6)]), { message: 'stopped' })
  t.same(asked, [4, 5])
})

t.test('a scale needs latents that vary', async (t) => {
  t.throws(() => scaleMeter(2).scale(), /no latents were counted/)
  const still = scaleMeter(2)
  still.add({ mean: Float32Array.of(1, 3, 2, 3), logVariance: new Float32Array(4).fill(Number.NEGATIVE_INFINITY) })
  t.throws(() => still.scale(), { message: 'channel 1 of the latents does not vary: expected a deviation above 0' })
  t.throws(() => still.add({ mean: new Float32Array(3), logVariance: new Float32Array(3) }), RangeError)
  t.same(scaleOfFactor(0.25, 2), { mean: [0, 0], std: [4, 4] })
})
