/** The hybrid loss against ADM's formulas in PyTorch (`spec/fixtures/hybrid.py`), and what it refuses. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { element } from '../../src/codec/element.ts'
import { stepFeeds } from '../../src/diffusion/batch.ts'
import { networkLoss } from '../../src/diffusion/loss/loss.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { variationalBound } from '../../src/diffusion/loss/variationalBound.ts'
import type { NoisedImage } from '../../src/diffusion/noise/noised.ts'
import { betaSchedules } from '../../src/diffusion/process/betas/betaSchedules.ts'
import { discrete } from '../../src/diffusion/process/discrete.ts'
import { edm } from '../../src/diffusion/process/edm.ts'
import { predictions } from '../../src/diffusion/process/prediction/predictions.ts'
import { defaultProcessSettings } from '../../src/diffusion/process/process.ts'
import { denoisingTask, learnsVariance } from '../../src/diffusion/task.ts'
import { evaluate } from '../../src/lower/compile.ts'
import { key, normal } from '../../src/random/key.ts'
import { add, concat, input, type Tensor, take } from '../../src/tensor/ops.ts'
import { sgd } from '../../src/train/sgd.ts'
import { vjp } from '../../src/transform/grad.ts'

interface Case {
  readonly name: 'linear' | 'cosine'
  readonly timesteps: number
  readonly prediction: keyof typeof predictions
  readonly t: readonly number[]
  readonly y: readonly number[]
  readonly n: readonly number[]
  readonly f: readonly number[]
  readonly v: readonly number[]
  /** vb_t of each image in bits per dimension, and the squared error of F. */
  readonly bound: readonly number[]
  readonly simple: readonly number[]
  readonly loss: number
  /** Gradients of the loss. */
  readonly byF: readonly number[]
  readonly byV: readonly number[]
}
const cases: readonly Case[] = JSON.parse(readFileSync('spec/fixtures/hybrid.json', 'utf8'))

/** The two parts of the hybrid loss of images [b, 2, 2, 1], and the gradients of their sum. */
const graph = (b: number) => {
  const image = [b, 2, 2, 1]
  const [f, v, target, clean] = [input('f', image), input('v', image), input('target', image), input('clean', image)]
  const [weight, terms] = [input('weight', [b, 1, 1, 1]), input('bound', [b, 1, 1, 5])]
  const simple = networkLoss(mse)(f, target, weight)
  const bound = variationalBound({ f, v, target, clean, terms })
  const loss = add(simple, bound)
  const [byF, byV] = vjp(loss, input('one', []), [f, v])
  return { simple, bound, loss, ...(byF === undefined || byV === undefined ? {} : { byF, byV }) }
}

const processOf = ({ name, timesteps, prediction }: Pick<Case, 'name' | 'timesteps' | 'prediction'>) =>
  discrete({ betas: betaSchedules[name], timesteps, prediction: predictions[prediction] })

const worst = (found: ArrayLike<number> | undefined, expected: readonly number[]): number =>
  Math.max(...expected.map((v, i) => Math.abs(v - (found?.[i] ?? Number.NaN)) / (1e-3 + Math.abs(v))))

for (const c of cases)
  t.test(`${c.name}, ${c.timesteps} timesteps, ${c.prediction}: the loss and its gradients are ADM's`, async (t) => {
    const process = processOf(c)
    const b = c.t.length
    const shown = c.t.map((place, i): NoisedImage => {
      const own = (values: readonly number[]): Float64Array => Float64Array.from(values.slice(4 * i, 4 * i + 4))
      return { image: own(c.y), noise: own(c.n), sigma: element(process.range.timesteps ?? [], place), label: null }
    })
    const { target, clean, bound, weight } = stepFeeds(shown, { process, classes: null, whole: b, variance: true })
    if (clean === undefined || bound === undefined) throw new Error('the feeds lack those of the bound')
    const fed = {
      f: Float64Array.from(c.f),
      v: Float64Array.from(c.v),
      target,
      clean,
      bound,
      weight,
      one: Float64Array.of(1),
    }
    const found = await evaluate(cpu)(graph(b), fed)
    const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / b
    // float64 there and here, but ADM subtracts numbers near 1
    t.ok(worst(found.simple, [mean(c.simple)]) < 1e-9)
    t.ok(worst(found.bound, [(mean(c.bound) * c.timesteps) / 1000]) < 1e-7, `${found.bound?.[0]}, ${mean(c.bound)}`)
    t.ok(worst(found.loss, [c.loss]) < 1e-7)
    t.ok(worst(found.byF, c.byF) < 1e-7, 'F is trained by the simple loss alone')
    t.ok(worst(found.byV, c.byV) < 1e-6)
    t.ok(c.byV.some((g) => Math.abs(g) > 1e-4))
  })

t.test('the bound at a timestep t > 0 is the divergence of two Gaussians, by numerical integration', async (t) => {
  const process = processOf({ name: 'linear', timesteps: 20, prediction: 'epsilon' })
  const sigmas = process.range.timesteps ?? []
  const [f, v] = [normal(key(1), 4), normal(key(2), 4)]
  const shown = { image: normal(key(3), 4), noise: normal(key(4), 4), sigma: element(sigmas, 7), label: null }
  const { target, clean, bound, weight } = stepFeeds([shown], { process, classes: null, whole: 1, variance: true })
  if (clean === undefined || bound === undefined) throw new Error('the feeds lack those of the bound')
  const found = await evaluate(cpu)(graph(1), { f, v, target, clean, bound, weight, one: Float64Array.of(1) })
  // Ho et al. 2020: alpha-bar, beta and beta-tilde of timestep 7 of 20
  const betas = betaSchedules.linear.betas(20)
  const bar = (i: number): number => betas.slice(0, i + 1).reduce((product, beta) => product * (1 - beta), 1)
  const beta = element(betas, 7)
  const tilde = (beta * (1 - bar(6))) / (1 - bar(7))
  const each = Array.from(f, (answer, i) => {
    const x0 = (noise: number): number =>
      element(shown.image, i) + (Math.sqrt(1 - bar(7)) * (element(shown.noise, i) - noise)) / Math.sqrt(bar(7))
    const coefficient = (Math.sqrt(bar(6)) * beta) / (1 - bar(7))
    const mean = coefficient * (x0(answer) - element(shown.image, i))
    const share = (element(v, i) + 1) / 2
    const variance = beta ** share * tilde ** (1 - share)
    const logDensity = (x: number, m: number, s2: number): number =>
      -((x - m) ** 2) / (2 * s2) - 0.5 * Math.log(2 * Math.PI * s2)
    const [points, width] = [20_001, 12 * Math.sqrt(tilde)]
    return Array.from({ length: points }, (_, k) => -width + (2 * width * k) / (points - 1)).reduce((sum, x) => {
      const p = logDensity(x, 0, tilde)
      return sum + (Math.exp(p) * (p - logDensity(x, mean, variance)) * 2 * width) / (points - 1)
    }, 0)
  })
  const bits = each.reduce((sum, d) => sum + d, 0) / 4 / Math.LN2
  t.ok(Math.abs((found.bound?.[0] ?? Number.NaN) / ((bits * 20) / 1000) - 1) < 1e-8)
})

t.test('likelihoods of the 256 values of a pixel add up to 1', async (t) => {
  const process = processOf({ name: 'cosine', timesteps: 100, prediction: 'sample' })
  const values = Float64Array.from({ length: 256 }, (_, i) => -1 + (2 * i) / 255)
  const image = [256, 1, 1, 1]
  const names = ['f', 'v', 'target', 'clean'] as const
  const [f, v, target, clean] = names.map((name) => input(name, image))
  if (f === undefined || v === undefined || target === undefined || clean === undefined) throw new Error('four inputs')
  const shown = Array.from(
    values,
    (value): NoisedImage => ({
      image: Float64Array.of(value),
      noise: Float64Array.of(0),
      sigma: element(process.range.timesteps ?? [], 0),
      label: null,
    }),
  )
  const feeds = stepFeeds(shown, { process, classes: null, whole: 1, variance: true })
  const terms = input('bound', [256, 1, 1, 5])
  // the loss is linear in the factor of an image, the last of its terms: the gradient by it is the image's own bits
  const [byTerms] = vjp(variationalBound({ f, v, target, clean, terms }), input('one', []), [terms])
  if (byTerms === undefined) throw new Error('one gradient')
  const found = await evaluate(cpu)(
    { bits: take(3, 4, 5)(byTerms) },
    {
      // one estimate, whatever the value of the pixel
      f: values.map(() => 0.3),
      v: values.map(() => 0.5),
      target: feeds.target,
      clean: values,
      bound: feeds.bound ?? values,
      one: Float64Array.of(1),
    },
  )
  const total = Array.from(found.bits ?? values, (bits) => 2 ** -bits).reduce((sum, p) => sum + p, 0)
  t.ok(Math.abs(total - 1) < 1e-7, `${total}`)
})

t.test('what cannot be trained with a variance is an error of one sentence', async (t) => {
  const shown = (sigma: number): readonly NoisedImage[] => [
    { image: new Float64Array(4), noise: new Float64Array(4), sigma, label: null },
  ]
  const how = { classes: null, whole: 1, variance: true }
  t.throws(
    () => stepFeeds(shown(1), { ...how, process: edm(0.5) }),
    new RangeError('a learned variance needs timesteps, but the process "edm" has none: expected a discrete process'),
  )
  const process = discrete(defaultProcessSettings)
  t.throws(
    () => stepFeeds(shown(0.3), { ...how, process }),
    new RangeError('a learned variance needs timesteps, but the noise level 0.3 is none: expected noise "timesteps"'),
  )
  t.throws(
    () => stepFeeds(shown(1000), { ...how, process }),
    new RangeError('a learned variance needs timesteps, but the noise level 1000 is none: expected noise "timesteps"'),
  )
  const wide = (out: number) => ({
    spec: {},
    apply: () => (x: Tensor) => concat(3)(Array.from({ length: out }, () => x)),
  })
  const shape = { size: 2, channels: 1, classes: null }
  t.equal(learnsVariance(wide(1), shape), false)
  t.equal(learnsVariance(wide(2), shape), true)
  t.throws(() => denoisingTask(wide(3), { ...shape, batch: 1, loss: mse, optimiser: sgd({ learningRate: 1 }) }), {
    name: 'ShapeError',
    message: /the network answers 3 channels for images of 1: expected 1, or 2 with a variance/,
  })
})
