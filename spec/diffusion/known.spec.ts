/**
 * Sampling and validation, from keys and labels to numbers, with a network whose answers are known: for every process and
 * sampler of the tables, and for some from outside of them.
 */
import t from 'tap'
import { element } from '../../src/codec/element.ts'
import { stepFeeds } from '../../src/diffusion/batch.ts'
import { denoiser, together } from '../../src/diffusion/denoiser.ts'
import { losses } from '../../src/diffusion/loss/losses.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { type NoisedImage, noised } from '../../src/diffusion/noise/noised.ts'
import { cosineBetas } from '../../src/diffusion/process/betas/cosineBetas.ts'
import { discrete } from '../../src/diffusion/process/discrete.ts'
import { edm } from '../../src/diffusion/process/edm.ts'
import { vPrediction } from '../../src/diffusion/process/prediction/vPrediction.ts'
import { defaultProcessSettings } from '../../src/diffusion/process/process.ts'
import { processes } from '../../src/diffusion/process/processes.ts'
import { sample, startNoise } from '../../src/diffusion/sample.ts'
import { heun } from '../../src/diffusion/sampler/heun.ts'
import type { Sampler } from '../../src/diffusion/sampler/sampler.ts'
import { defaultSamplerOptions } from '../../src/diffusion/sampler/samplerOptions.ts'
import { samplers } from '../../src/diffusion/sampler/samplers.ts'
import { karras } from '../../src/diffusion/schedule/karras.ts'
import { edmRange } from '../../src/diffusion/schedule/schedule.ts'
import { meanLoss } from '../../src/diffusion/validation.ts'
import type { Named } from '../../src/plan/backend.ts'
import { fold, type Key, key, normal } from '../../src/random/key.ts'
import { elements, type Known, knownNetwork } from './known.ts'
import { ancestral, l1, linear, uniformly, velocity } from './outside.ts'

const classes = 2
/** No two labels, and no two places, have the same number. */
const imageOf = (label: number | null): readonly number[] =>
  Array.from({ length: elements }, (_, j) => (label === null ? -0.5 : label) + 0.01 * j)
const levels = karras.levels(5, edmRange)
const known: Known = { process: edm(0.5), levels, batch: 4, classes, imageOf }
const requests = [0, 1, null].flatMap((label) => [0, 7].map((index) => ({ label, index })))

const worst = (found: ArrayLike<number> | undefined, expected: readonly number[]): number =>
  Math.max(...expected.map((v, j) => Math.abs(v - (found?.[j] ?? Number.NaN))))

const allProcesses = [
  ...Object.values(processes).map((of) => of(defaultProcessSettings)),
  discrete({ betas: cosineBetas, timesteps: 50, prediction: vPrediction }),
  velocity(),
]
const allSamplers = [...Object.values(samplers).map(({ of }) => of(defaultSamplerOptions)), ancestral]

for (const process of allProcesses)
  for (const sampler of allSamplers)
    t.test(`${process.name}, ${sampler.name}: samples are D_u + w (D_c - D_u) of the two known answers`, async (t) => {
      for (const schedule of [karras, linear]) {
        const levels = schedule.levels(5, process.range)
        const network = knownNetwork({ ...known, process, levels })
        for (const guidance of [1, 0, 0.3, 2.5]) {
          const found = await sample(network, { sampler, levels, guidance })(key(5), requests)
          t.equal(found.length, requests.length)
          for (const [i, { label }] of requests.entries()) {
            const [open, own] = [imageOf(null), imageOf(label)]
            const expected = open.map((u, j) => u + guidance * ((own[j] ?? Number.NaN) - u))
            const off = worst(found[i], expected)
            t.ok(off < 1e-9, `${schedule.name}, guidance ${guidance}, label ${label}: off by ${off}`)
          }
        }
      }
    })

t.test('a network without classes is never guided and takes no labels', async (t) => {
  const fed: Named[] = []
  const network = knownNetwork({ ...known, classes: null, seen: (feeds) => fed.push(feeds) })
  const [found] = await sample(network, { sampler: heun(), levels, guidance: 3 })(key(5), [{ label: null, index: 0 }])
  t.ok(worst(found, imageOf(null)) < 1e-9)
  t.equal(fed.length, heun().evaluations(5))
  t.ok(fed.every((feeds) => feeds.labels === undefined))
})

t.test('the first input is the noise of each image, scaled: its own for every class and index', async (t) => {
  const fed: Named[] = []
  const network = knownNetwork({ ...known, batch: 6, seen: (feeds) => fed.push(feeds) })
  await sample(network, { sampler: heun(), levels, guidance: 1 })(key(5), requests)
  const { image: scale } = edm(0.5).noising(80)
  const expected = requests.flatMap(({ label, index }) =>
    Array.from(normal(fold(fold(key(5), label === null ? 0 : label + 1), index), elements), (n) => scale * 80 * n),
  )
  t.ok(worst(fed[0]?.input, expected) < 1e-12)
  t.equal(new Set(expected).size, expected.length)
})

t.test('a sampler is given the key of each image: the one of its start noise', async (t) => {
  const given: Key[] = []
  const sampler = {
    ...heun(),
    run: (...[denoise, levels, keys, onStep]: Parameters<Sampler['run']>) => {
      given.push(...keys)
      return heun().run(denoise, levels, keys, onStep)
    },
  }
  await sample(knownNetwork(known), { sampler, levels, guidance: 2 })(key(5), requests)
  t.equal(given.length, requests.length)
  for (const [i, request] of requests.entries())
    t.strictSame(normal(element(given, i), 12), startNoise(key(5), request, 12))
})

t.test('onStep is told of each step, and stopCheck ends sampling between batches', async (t) => {
  const network = knownNetwork(known)
  const steps: string[] = []
  const sampling = { sampler: heun(), levels, guidance: 1 }
  await sample(network, sampling, { onStep: ({ step, steps: of }) => steps.push(`${step}/${of}`) })(key(1), requests)
  t.strictSame(steps, ['1/5', '2/5', '3/5', '4/5', '5/5'])
  let checks = 0
  const stopCheck = (): void => {
    checks += 1
    if (checks === 3) throw new Error('stopped')
  }
  await t.rejects(sample(network, sampling, { stopCheck })(key(1), requests), new Error('stopped'))
  t.equal(checks, 3)
})

t.test('a learnt variance: the first channels are F, the others the variance', async (t) => {
  /** [.., c] and c more channels, each the negative of F's. */
  const output = (f: Float64Array): Float64Array =>
    Float64Array.from({ length: 2 * f.length }, (_, k) => {
      const [pixel, channel] = [Math.floor(k / 6), k % 6]
      return channel < 3 ? (f[3 * pixel + channel] ?? Number.NaN) : 100 * pixel + channel
    })
  const network = knownNetwork({ ...known, output })
  const [found] = await sample(network, { sampler: heun(), levels, guidance: 2 })(key(5), [{ label: 1, index: 0 }])
  t.ok(
    worst(
      found,
      imageOf(null).map((u, j) => u + 2 * ((imageOf(1)[j] ?? Number.NaN) - u)),
    ) < 1e-9,
  )
  const x = normal(key(1), 2 * elements)
  const { variance } = await together(denoiser(network), [0, 1])(x, 80)
  const own = (first: number): readonly number[] =>
    [0, 1, 2, 3].flatMap((pixel) => [3, 4, 5].map((channel) => 100 * (pixel + first) + channel))
  t.strictSame(Array.from(variance ?? []), [...own(0), ...own(4)])
  t.strictSame((await together(denoiser(knownNetwork(known)), [0, 1])(x, 80)).variance, undefined)
  // the loss of such a network is that of F alone
  const shown: NoisedImage = { image: normal(key(3), 12), noise: normal(key(2), 12), sigma: 80, label: 0 }
  const one = await meanLoss(knownNetwork(known), mse)([shown])
  t.ok(one > 0)
  t.equal(await meanLoss(network, mse)([shown]), one)
})

t.test(
  'the mean loss: 0 for the right answers; for answers off by e it is the mean of weight times penalty',
  async (t) => {
    const noising = { distribution: uniformly, labelDropout: 0.4 }
    for (const process of allProcesses) {
      const shown = Array.from({ length: 7 }, (_, i): NoisedImage => {
        const label = i % classes
        const { label: shownAs, ...image } = noised(noising)(fold(key(3), i), { image: new Float64Array(12), label })
        return { ...image, label: shownAs, image: Float64Array.from(imageOf(shownAs)) }
      })
      const sigmas = shown.map((s) => s.sigma)
      const right = { ...known, process, levels: sigmas }
      const off = knownNetwork({ ...right, output: (f) => f.map((v, j) => v + 0.3 * (j % 12) - 1) })
      const errors = Array.from({ length: 12 }, (_, j) => 0.3 * j - 1)
      for (const loss of [...Object.values(losses), l1]) {
        t.ok((await meanLoss(knownNetwork(right), loss)(shown)) < 1e-12, `${process.name}, ${loss.name}: none`)
        const each = errors.reduce((sum, e) => sum + loss.penalty(e), 0) / 12
        const expected = sigmas.reduce((sum, s) => sum + process.weight(s) * each, 0) / 7
        const found = await meanLoss(off, loss)(shown)
        t.ok(Math.abs(found / expected - 1) < 1e-12, `${process.name}, ${loss.name}: ${found}, expected ${expected}`)
      }
    }
  },
)

t.test('the feeds of a step: x = y + s n as the network sees it, its target, its time and its weight', async (t) => {
  const shown = [0.02, 0.3, 5].map(
    (sigma, i): NoisedImage => ({ image: normal(key(20 + i), 6), noise: normal(key(30 + i), 6), sigma, label: i % 2 }),
  )
  for (const process of allProcesses) {
    const feeds = stepFeeds(shown, { process, classes, whole: 8 })
    shown.forEach(({ image, noise, sigma }, i) => {
      const { image: scale } = process.noising(sigma)
      const { skip, out } = process.denoised(sigma)
      const x = Array.from(image, (y, j) => y + sigma * (noise[j] ?? Number.NaN))
      const of = (values: Float64Array): readonly number[] => Array.from(values.subarray(6 * i, 6 * i + 6))
      t.ok(
        worst(
          of(feeds.input),
          x.map((v) => scale * v),
        ) < 1e-12,
        `${process.name}: input ${i}`,
      )
      const denoised = of(feeds.target).map((f, j) => skip * (x[j] ?? Number.NaN) + out * f)
      t.ok(worst(denoised, Array.from(image)) < 1e-12, `${process.name}: target ${i}`)
      t.ok(Math.abs((feeds.weight[i] ?? Number.NaN) - process.weight(sigma) / 8) < 1e-15)
      t.equal(feeds.time[256 * i], Math.cos(process.time(sigma)))
    })
  }
})

t.test('what does not fit is an error of one sentence', async (t) => {
  const image = (n: number, label: number | null = 0): NoisedImage => ({
    image: new Float32Array(n),
    noise: new Float64Array(n),
    sigma: 1,
    label,
  })
  const how = { process: edm(0.5), classes, whole: 2 }
  t.throws(
    () => stepFeeds([image(12), image(9)], how),
    new RangeError('image 1 has 9 numbers, its noise 9: expected 12 of both'),
  )
  for (const label of [2, -1, 0.5])
    t.throws(
      () => stepFeeds([image(12, label)], how),
      new RangeError(`label ${label} of image 0: expected a whole number of at least 0, below 2`),
    )
  const network = knownNetwork({ ...known, levels: [1] })
  await t.rejects(
    denoiser(network)([{ image: new Float64Array(9), label: 0 }], 1),
    new RangeError('image 0 has 9 numbers: expected 12'),
  )
  await t.rejects(
    meanLoss(knownNetwork({ ...known, levels: [1], output: (f) => f.subarray(3) }), mse)([image(12)]),
    new RangeError('the network\'s output "network" has 45 numbers: expected 48 or 96'),
  )
  await t.rejects(meanLoss(network, mse)([]), new RangeError('the loss over no images: expected at least one'))
})
