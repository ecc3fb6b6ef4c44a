/** Laws of autoencoders: the divergence of latents, the gradient of the loss, batches, compiled halves, scales and tiles. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { reconstructionBatches } from '../src/autoencoder/batch.ts'
import { compileAutoencoder } from '../src/autoencoder/compiledAutoencoder.ts'
import { denormalised, normalised, sampled, scaleMeter } from '../src/autoencoder/latents.ts'
import { klDivergence, klOfMoments, reconstructionLosses } from '../src/autoencoder/loss.ts'
import { autoencoderLoss } from '../src/autoencoder/task.ts'
import { decodeTiled, tileStarts, tileWeights } from '../src/autoencoder/tiles.ts'
import { gradientHolds } from '../src/check/index.ts'
import { element } from '../src/codec/element.ts'
import { evaluate } from '../src/lower/compile.ts'
import { klDefaults } from '../src/models/kl/klConfig.ts'
import { klModel } from '../src/models/kl/klModel.ts'
import { arbitrary, flatSize, unflatten } from '../src/nn/spec.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { literal } from '../src/tensor/ops.ts'
import { close, draw, seed } from './layers.ts'

const network = klModel({ ...klDefaults, image_size: 4, widths: [2, 4], blocks: 1, groups: 1, latent_channels: 2 })
const shapes = { size: 4, channels: 3 }
const latents = { size: 2, channels: 2 }
const numbers = fc.double({ min: -3, max: 3, noNaN: true })

t.test('kl: 0 where mean is 0 and variance 1, above it elsewhere, and the closed form on host and backend', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(numbers, numbers), { minLength: 1, maxLength: 6 }), async (pairs) => {
      const [mean, logVariance] = [Float64Array.from(pairs, ([m]) => m), Float64Array.from(pairs, ([, v]) => v)]
      const terms = pairs.map(([m, v]) => Math.log(1 / Math.exp(v / 2)) + (Math.exp(v) + m * m) / 2 - 0.5)
      const expected = terms.reduce((sum, x) => sum + x, 0) / terms.length
      const tensor = (values: Float64Array) => literal(values, [values.length])
      const { kl = new Float64Array() } = await evaluate(cpu)(
        { kl: klDivergence(tensor(mean), tensor(logVariance)) },
        {},
      )
      const standard = { mean: mean.map(() => 0), logVariance: mean.map(() => 0) }
      return (
        close(kl, [expected]) &&
        close([klOfMoments({ mean, logVariance })], [expected]) &&
        element(kl, 0) >= -1e-12 &&
        klOfMoments(standard) === 0
      )
    }),
    { numRuns: 20 },
  ),
)

t.test('the divergence counts in the loss as its weight says', async (t) => {
  const { spec, apply } = network
  const theta = literal(arbitrary(spec)(key(5)), [flatSize(spec)])
  const [image, noise] = [literal(draw(6, [1, 4, 4, 3]), [1, 4, 4, 3]), literal(draw(7, [1, 2, 2, 2]), [1, 2, 2, 2])]
  const params = unflatten(spec)(theta)
  const loss = (klWeight: number) =>
    autoencoderLoss(network, { loss: reconstructionLosses.l1_mse, klWeight })(params, image, noise)
  const { mean, logVariance } = apply(params).encode(image)
  const found = await evaluate(cpu)({ none: loss(0), some: loss(0.3), mean, logVariance }, {})
  const kl = klOfMoments(found)
  t.ok(
    kl > 1e-3 &&
      close(
        found.some,
        found.none.map((x) => x + 0.3 * kl),
      ),
  )
})

// the squared loss: differences need a smooth one
t.test('the gradient of the loss is that of differences, for the parameters, the image and the noise', () =>
  fc.assert(
    fc.asyncProperty(seed, (from) => {
      const { spec } = network
      const loss = autoencoderLoss(network, { loss: reconstructionLosses.mse, klWeight: 0.3 })
      const points = {
        theta: { shape: [flatSize(spec)], values: arbitrary(spec)(key(from)) },
        image: [1, 4, 4, 3],
        noise: [1, 2, 2, 2],
      }
      const of = gradientHolds(cpu)(({ theta, image, noise }) => loss(unflatten(spec)(theta), image, noise), points, {
        order: 1,
        directions: 3,
      })
      return of(from)
    }),
    { numRuns: 1 },
  ),
)

t.test('an image and its noise are the same in batches of any size, from any start', async () =>
  fc.assert(
    fc.property(
      seed,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(1000),
      (from, a, b, start) => {
        const images = (i: number) => ({ image: normal(key(i), 48) })
        const of = (batch: number, at: number) =>
          reconstructionBatches(key(from), images, { ...shapes, batch }, latents)(at)
        const [whole, first, second] = [of(a + b, start), of(a, start), of(b, start + a)]
        return (['image', 'noise'] as const).every(
          (name) => [...first[name], ...second[name]].join() === [...whole[name]].join(),
        )
      },
    ),
    { numRuns: 20 },
  ),
)

t.test(
  'what is encoded and decoded of an image does not depend on the others, nor on how many there are',
  async (t) => {
    const theta = arbitrary(network.spec)(key(1))
    const autoencoder = compileAutoencoder(cpu)(network, theta, { ...shapes, batch: 2 })
    t.teardown(autoencoder.dispose)
    await fc.assert(
      fc.asyncProperty(seed, fc.integer({ min: 1, max: 5 }), async (from, n) => {
        const images = Float32Array.from(draw(from, [n, 48]))
        const all = await autoencoder.encode(images)
        const decoded = await autoencoder.decode(all.mean)
        const i = from % n
        const one = await autoencoder.encode(images.subarray(i * 48, (i + 1) * 48))
        const own = await autoencoder.decode(one.mean)
        return (
          close(one.mean, all.mean.subarray(i * 8, (i + 1) * 8), 0) &&
          close(one.logVariance, all.logVariance.subarray(i * 8, (i + 1) * 8), 0) &&
          close(own, decoded.subarray(i * 48, (i + 1) * 48), 0)
        )
      }),
      { numRuns: 8 },
    )
  },
)

t.test('a sample of an image comes from its own key, and is mean + exp(logVariance / 2) noise', async () =>
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 4 }), (from, n) => {
      const [mean, logVariance] = [draw(from, [n, 6]), draw(from + 1, [n, 6])]
      const keys = Array.from({ length: n }, (_, i) => fold(key(from), i))
      const all = sampled({ mean, logVariance }, keys)
      const last = normal(fold(key(from), n - 1), 6)
      const expected = last.map((z, j) => {
        const at = (n - 1) * 6 + j
        return element(mean, at) + Math.sqrt(Math.exp(element(logVariance, at))) * z
      })
      return close(all.subarray((n - 1) * 6), expected, 1e-6)
    }),
    { numRuns: 20 },
  ),
)

t.test('scale: samples of normalised latents have mean 0 and deviation 1 in each channel, and come back', async () =>
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 3 }), (from, channels) => {
      const meter = scaleMeter(channels)
      const blocks = [3, 5].map((n, i) => ({
        mean: draw(from + i, [n, channels]).map((x, j) => 3 * x + (j % channels)),
        logVariance: draw(from + 7 + i, [n, channels]),
      }))
      for (const block of blocks) meter.add(block)
      const scale = meter.scale()
      const mean = Float64Array.from(blocks.flatMap((block) => [...block.mean]))
      const variance = Float64Array.from(
        blocks.flatMap((block) => [...block.logVariance]),
        Math.exp,
      )
      const z = normalised(scale)(mean)
      const ofChannel = (c: number) => z.filter((_, i) => i % channels === c)
      const standard = Array.from({ length: channels }, (_, c) => {
        const own = ofChannel(c)
        const spread = variance.filter((_, i) => i % channels === c).reduce((s, v) => s + v, 0) / own.length
        const average = own.reduce((s, x) => s + x, 0) / own.length
        const second = own.reduce((s, x) => s + x * x, 0) / own.length + spread / element(scale.std, c) ** 2
        return close([average, second], [0, 1], 1e-5)
      })
      return standard.every((holds) => holds) && close(denormalised(scale)(z), mean, 1e-5)
    }),
    { numRuns: 20 },
  ),
)

const layout = fc
  .record({
    tile: fc.integer({ min: 1, max: 6 }),
    more: fc.nat(12),
    overlap: fc.nat(5),
    by: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ tile, more, overlap, by }) => ({ tile, whole: tile + more, overlap: overlap % tile, by }))

t.test('tiles cover every latent, neighbours share the overlap, and their weights sum to 1 at every pixel', async () =>
  fc.assert(
    fc.property(layout, ({ tile, whole, overlap, by }) => {
      const starts = tileStarts(whole, tile, overlap)
      const steps = starts.slice(1).map((start, i) => start - element(starts, i))
      const weights = tileWeights(
        starts.map((start) => start * by),
        { size: tile * by, whole: whole * by, ramp: overlap * by },
      )
      const sums = new Float64Array(whole * by)
      weights.forEach((own, t) => {
        own.forEach((w, i) => {
          const at = element(starts, t) * by + i
          sums[at] = element(sums, at) + w
        })
      })
      return (
        starts[0] === 0 &&
        starts.at(-1) === whole - tile &&
        steps.every((step) => step >= 1 && step <= tile - overlap) &&
        weights.every((own) => own.every((w) => w > 0)) &&
        close(
          sums,
          sums.map(() => 1),
          1e-12,
        )
      )
    }),
    { numRuns: 60 },
  ),
)

t.test('weights know no direction: those of tiles seen from the other end are the same, from the other end', async () =>
  fc.assert(
    fc.property(layout, ({ tile, whole, overlap, by }) => {
      const sizes = { size: tile * by, whole: whole * by, ramp: overlap * by }
      const starts = tileStarts(whole, tile, overlap).map((start) => start * by)
      const mirrored = starts.map((start) => sizes.whole - sizes.size - start).toReversed()
      const [weights, others] = [tileWeights(starts, sizes), tileWeights(mirrored, sizes).toReversed()]
      return weights.every((own, i) => close(own, element(others, i).toReversed(), 1e-12))
    }),
    { numRuns: 30 },
  ),
)

/** A decoder whose pixels depend on their own latent only: upsampling, so that tiles make no difference. */
const local = (size: number) => ({
  shape: { size: 2 * size, channels: 1 },
  latents: { size, channels: 1 },
  decode: async (z: Float32Array | Float64Array) =>
    Float32Array.from({ length: 4 * size * size }, (_, i) => {
      const [y, x] = [Math.floor(i / (2 * size)), i % (2 * size)]
      return element(z, Math.floor(y / 2) * size + Math.floor(x / 2)) * (1 + (y % 2))
    }),
})

t.test('tiles of a decoder whose pixels see one latent each give the image of decoding all at once', () =>
  fc.assert(
    fc.asyncProperty(layout, seed, async ({ tile, whole, overlap }, from) => {
      const z = Float32Array.from(draw(from, [whole, whole]))
      const [tiled, plain] = [
        await decodeTiled(local(tile), { overlap })(z, { height: whole, width: whole }),
        await local(whole).decode(z),
      ]
      return close(tiled, plain, 1e-5)
    }),
    { numRuns: 20 },
  ),
)
