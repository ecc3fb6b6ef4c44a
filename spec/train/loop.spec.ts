/**
 * Training worked out by hand: EDM's loss, PyTorch's clipping, AdamW (Loshchilov and Hutter 2019, Algorithm 2), the
 * warm-up and EDM's average, in plain float64 numbers beside the trainer's, update by update.
 */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { lognormal } from '../../src/diffusion/noise/lognormal.ts'
import type { Examples } from '../../src/diffusion/task.ts'
import { compile } from '../../src/lower/compile.ts'
import { init } from '../../src/nn/spec.ts'
import { fold, key, normal, uniform } from '../../src/random/key.ts'
import { initialState, runOf } from '../../src/train/run.ts'
import { warmup } from '../../src/train/schedule.ts'
import { trainingStep } from '../../src/train/step.ts'
import {
  answer,
  channels,
  classes,
  elements,
  line,
  type Six,
  side,
  sigmaData,
  names as sixNames,
  sixOf,
  slopesOf,
  table1,
} from './line.ts'
import { batchesOf, type Rules, taskOf } from './tiny.ts'

const logNoise = { mean: -1.2, std: 1.2 }
const rate = { peak: 0.1, warmup: 40 }
const rules = {
  loss: mse,
  batch: 16,
  microBatch: 16,
  sigmaData,
  noising: { distribution: lognormal(logNoise), labelDropout: 0.3 },
  clip: 4,
  adamw: { learningRate: warmup(rate), beta1: 0.9, beta2: 0.95, eps: 1e-3, weightDecay: 0.4 },
  ema: { halfLife: 20, ramp: 0.4 },
} satisfies Rules
const shape = { size: side, channels, classes }
const noiseKey = key(11)
const examples: Examples = (position) => ({
  image: Float32Array.from({ length: elements }, (_, i) => Math.sin(position + i) / 2),
  label: position % classes,
})

interface Hand {
  readonly theta: Six
  readonly first: Six
  readonly second: Six
  readonly average: Six
  readonly loss: number
  readonly norm: number
  readonly rate: number
}

/** The network's input for the image at a position, and its target, element by element. */
const shownByHand = (position: number) => {
  const own = fold(noiseKey, position)
  const { image, label } = examples(position)
  const noise = normal(fold(own, 0), elements)
  const [z = Number.NaN] = normal(fold(own, 1), 1)
  const [u = Number.NaN] = uniform(fold(own, 2), 1)
  const sigma = Math.exp(logNoise.mean + logNoise.std * z)
  const { cSkip, cOut, cIn, cNoise } = table1(sigma)
  const pixels = Array.from(image, (y, i) => {
    const x = y + sigma * (noise[i] ?? Number.NaN)
    return { input: cIn * x, target: (y - cSkip * x) / cOut }
  })
  return { pixels, cNoise, label: u < rules.noising.labelDropout ? null : label }
}

/** The mean squared error over a batch that starts at a position, and its gradient. */
const lossByHand = (theta: Six, start: number): { readonly loss: number; readonly gradient: Six } => {
  const all = Array.from({ length: rules.batch }, (_, i) => shownByHand(start + i)).flatMap(({ pixels, ...image }) =>
    pixels.map((pixel) => ({ ...pixel, ...image })),
  )
  const errors = all.map((s) => ({ ...s, error: answer(theta, s.input, s.cNoise, s.label) - s.target }))
  return {
    loss: errors.reduce((sum, { error }) => sum + error ** 2, 0) / all.length,
    gradient: theta.map((_, k) =>
      errors.reduce((sum, s) => {
        const d = slopesOf(s.input, s.cNoise, s.label)[k] ?? Number.NaN
        return sum + (2 * s.error * d) / all.length
      }, 0),
    ),
  }
}

const stepByHand = (before: Hand, update: number): Hand => {
  const { clip } = rules
  const { beta1, beta2, eps, weightDecay } = rules.adamw
  const seen = update * rules.batch
  const now = rate.peak * Math.min(1, seen / rate.warmup)
  const { loss, gradient } = lossByHand(before.theta, seen - rules.batch)
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0))
  const clipped = gradient.map((g) => g * Math.min(1, clip / (norm + 1e-6)))
  const mixed = (old: Six, beta: number, by: Six): Six =>
    old.map((x, k) => beta * x + (1 - beta) * (by[k] ?? Number.NaN))
  const first = mixed(before.first, beta1, clipped)
  const second = mixed(
    before.second,
    beta2,
    clipped.map((g) => g * g),
  )
  const theta = before.theta.map((x, k) => {
    const m = (first[k] ?? Number.NaN) / (1 - beta1 ** update)
    const v = (second[k] ?? Number.NaN) / (1 - beta2 ** update)
    return x - now * weightDecay * x - (now * m) / (Math.sqrt(v) + eps)
  })
  const halfLife = Math.min(rules.ema.halfLife, rules.ema.ramp * seen)
  return {
    theta,
    first,
    second,
    average: mixed(before.average, 0.5 ** (rules.batch / halfLife), theta),
    loss,
    norm,
    rate: now,
  }
}

const zeros: Six = sixNames.map(() => 0)
const updates = 8
const theta = init(line.spec)(key(3))
const start: Hand = {
  theta: sixOf(theta),
  first: zeros,
  second: zeros,
  average: sixOf(theta),
  loss: Number.NaN,
  norm: Number.NaN,
  rate: Number.NaN,
}
const hand = Array.from({ length: updates }).reduce<readonly Hand[]>(
  (done, _, i) => [...done, stepByHand(done.at(-1) ?? start, i + 1)],
  [],
)

for (const part of [rules.batch, rules.batch / 4])
  t.test(`${updates} updates written out, ${rules.batch / part} micro-batches per batch`, async (t) => {
    const own = { ...rules, microBatch: part }
    const task = taskOf(line, shape, own)
    const run = runOf(await compile(cpu)(trainingStep(task)), task)
    await run.load({ ...initialState(task, key(3)), theta, average: theta }, { images: 0, updates: 0 })
    const near = (what: string, found: number | null | undefined, expected: number | undefined): void => {
      const [a, b] = [found ?? Number.NaN, expected ?? Number.NaN]
      t.ok(Math.abs(a - b) <= 1e-9 * Math.max(1e-3, Math.abs(b)), `${what}: ${a}, by hand ${b}`)
    }
    const steps = run.steps(batchesOf(shape, own, noiseKey, examples))
    const names = { theta: 'theta', first: 'adam.m', second: 'adam.v', average: 'average' } as const
    for (const [i, expected] of hand.entries()) {
      const { value: found } = await steps.next()
      const state = await run.state()
      near(`update ${i + 1}: loss`, found?.loss, expected.loss)
      near(`update ${i + 1}: gradient norm`, found?.gradientNorm, expected.norm)
      near(`update ${i + 1}: learning rate`, found?.learningRate, expected.rate)
      for (const kind of ['theta', 'first', 'second', 'average'] as const)
        sixNames.forEach((name, k) => {
          near(
            `update ${i + 1}: ${kind} of ${name}`,
            sixOf(state[names[kind]] ?? new Float64Array())[k],
            expected[kind][k],
          )
        })
    }
    await steps.return()
    await run.dispose()
  })

t.test('the example covers every branch: clipped or not, during and after warm-up, EMA ramp or not', (t) => {
  const norms = hand.map((h) => h.norm)
  t.ok(norms.some((n) => n > 1.1 * rules.clip) && norms.some((n) => n < 0.9 * rules.clip), norms.join(' '))
  t.ok(rules.batch * updates > 64, 'more than 64 images')
  t.ok(rules.batch < rate.warmup && rules.batch * updates > rate.warmup)
  t.ok(rules.ema.ramp * rules.batch < rules.ema.halfLife && rules.ema.ramp * rules.batch * updates > rules.ema.halfLife)
  t.end()
})
