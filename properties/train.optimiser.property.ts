/** Laws of one update: AdamW and clipping as in their papers, number by number, for any state and hyperparameters. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { compile } from '../src/lower/compile.ts'
import { parameter, zeros } from '../src/nn/parameter.ts'
import { flatSize } from '../src/nn/spec.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { input, type Tensor } from '../src/tensor/ops.ts'
import { adamw } from '../src/train/adamw.ts'
import { clipByGlobalNorm, globalNorm } from '../src/train/links.ts'
import { chain, type Optimiser } from '../src/train/optimiser.ts'
import {
  cooledDown,
  cosineDecay,
  endingSooner,
  inverseSqrt,
  linearDecay,
  type Schedule,
  warmup,
} from '../src/train/schedule.ts'
import { evenly } from './evenly.ts'

const rule = fc.record({
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

/** The update of parameters [P] alone, from the gradient. */
const updating = (optimiser: Optimiser, spec: ReturnType<typeof parameter>) => {
  const P = flatSize(spec)
  const flat = (name: string) => input(name, [P])
  const state = Object.fromEntries(Object.keys(optimiser.init(spec)).map((name) => [name, flat(name)]))
  const feeds = Object.fromEntries(
    Object.keys(optimiser.feeds({ images: 1, updates: 1 })).map((name) => [name, input(name, [])]),
  )
  const gradient = flat('gradient')
  const { updates, state: next } = optimiser.update({ spec, theta: flat('theta'), updates: gradient, state, feeds })
  const outputs: Readonly<Record<string, Tensor>> = { updates, ...next }
  return compile(cpu)({ outputs, scalars: { norm: globalNorm(gradient) } })
}

for (const n of [5, 2048])
  t.test(`an update of ${n} parameters is AdamW's, with decoupled weight decay and clipping by the norm`, async (t) => {
    const spec = parameter([n], zeros)
    const padded = (values: Float64Array): Float64Array => {
      const out = new Float64Array(flatSize(spec))
      out.set(values)
      return out
    }
    const seen = { clipped: 0, whole: 0 }
    await fc.assert(
      fc.asyncProperty(rule, point, async ({ clip, ...c }, { seed, size, rate, update }) => {
        const optimiser = chain(clipByGlobalNorm(clip), adamw({ ...c, learningRate: rate }))
        const theta = normal(fold(key(seed), 0), n)
        const [m, v] = [normal(fold(key(seed), 1), n), normal(fold(key(seed), 2), n).map((z) => z * z)]
        const gradient = normal(fold(key(seed), 3), n).map((z) => (size * z) / Math.sqrt(n))
        const executable = await updating(optimiser, spec)
        const found = await executable.run({
          theta: padded(theta),
          'adam.m': padded(m),
          'adam.v': padded(v),
          gradient: padded(gradient),
          ...optimiser.feeds({ images: 16 * update, updates: update }),
        })
        await executable.dispose()
        const norm = Math.hypot(...gradient)
        // as PyTorch's clip_grad_norm_ has it
        const factor = norm + 1e-6 > clip ? clip / (norm + 1e-6) : 1
        if (factor < 1) seen.clipped += 1
        else seen.whole += 1
        const near = (ours: number | undefined, expected: number): boolean =>
          Math.abs((ours ?? Number.NaN) - expected) <= 1e-9 * (1 + Math.abs(expected))
        return (
          near(found.norm, norm) &&
          theta.every((old, i) => {
            const [g = Number.NaN, before = Number.NaN, squares = Number.NaN] = [gradient[i], m[i], v[i]]
            const first = c.beta1 * before + (1 - c.beta1) * factor * g
            const second = c.beta2 * squares + (1 - c.beta2) * (factor * g) ** 2
            const [mHat, vHat] = [first / (1 - c.beta1 ** update), second / (1 - c.beta2 ** update)]
            const change = -rate * c.weightDecay * old - (rate * mHat) / (Math.sqrt(vHat) + c.eps)
            return (
              near(found['adam.m']?.[i], first) &&
              near(found['adam.v']?.[i], second) &&
              near(found.updates?.[i], change)
            )
          })
        )
      }),
      { numRuns: 30 },
    )
    t.ok(seen.clipped > 0 && seen.whole > 0, `${seen.clipped} clipped, ${seen.whole} not`)
  })

const shapes = fc.record({
  peak: evenly(1e-5, 1),
  warmup: fc.integer({ min: 0, max: 1000 }),
  more: fc.integer({ min: 1, max: 10_000 }),
  share: evenly(0.01, 1),
})
t.test('schedules rise from 0, never exceed their peak, and end at 0 where they declare it', (t) => {
  fc.assert(
    fc.property(shapes, evenly(0, 1), ({ peak, warmup: first, more, share }, place) => {
      const images = first + more
      const all: readonly Schedule[] = [
        warmup({ peak, warmup: first }),
        linearDecay({ peak, warmup: first, images, share }),
        cosineDecay({ peak, warmup: first, images }),
      ]
      const at = Math.round(place * images)
      return all.every(
        (s) =>
          s(at) >= 0 &&
          s(at) <= peak &&
          (first === 0 || s(first / 2) <= peak / 2 + 1e-12) &&
          (s.end === null
            ? s(images) === peak
            : s.end === images && Math.abs(s(images)) < 1e-12 * peak && s(2 * images) >= 0),
      )
    }),
  )
  t.equal(warmup({ peak: 1e-3, warmup: 0 })(1), 1e-3)
  t.equal(warmup({ peak: 1e-3, warmup: 40 })(16), 4e-4, 'the images of the update count')
  t.equal(linearDecay({ peak: 1, warmup: 0, images: 100, share: 0.3 })(85), 0.5)
  t.ok(Math.abs(cosineDecay({ peak: 1, warmup: 20, images: 100 })(60) - 0.5) < 1e-12)
  t.end()
})

t.test(
  'a rate that falls with the root of the images: its peak up to there, half of it after four times as many',
  (t) => {
    fc.assert(
      fc.property(
        evenly(1e-4, 1),
        fc.integer({ min: 1, max: 1e5 }),
        evenly(0, 1),
        evenly(1, 50),
        (peak, from, early, later) => {
          const rate = inverseSqrt({ peak, warmup: 0, from })
          const [before, after] = [rate(from * early), rate(from * later)]
          return rate.end === null && before === peak && Math.abs(rate(4 * from * later) - after / 2) < 1e-12
        },
      ),
    )
    t.equal(inverseSqrt({ peak: 1, warmup: 100, from: 1000 })(50), 0.5, 'a warm-up before it')
    t.throws(() => inverseSqrt({ peak: 1, warmup: 0, from: 0 }), { message: /from is 0, expected more than 0 images/ })
    t.end()
  },
)

t.test('a cooldown changes nothing before it, falls linearly as a share of the rate, and ends at 0', (t) => {
  const images = fc.integer({ min: 1, max: 1e5 })
  fc.assert(
    fc.property(images, images, evenly(0, 1), (from, length, place) => {
      const rate = inverseSqrt({ peak: 1e-3, warmup: 100, from: 1000 })
      const to = from + length
      const cooled = cooledDown(rate, { from, to })
      const at = from + place * length
      return (
        cooled.end === to &&
        cooled(from * place) === rate(from * place) &&
        Math.abs(cooled(at) - (1 - place) * rate(at)) < 1e-12 &&
        cooled(to) === 0 &&
        cooled(2 * to) === 0
      )
    }),
  )
  fc.assert(
    fc.property(images, images, evenly(0, 0.99), evenly(0.01, 1), (from, length, place, kept) => {
      const before = { from, to: from + length }
      const at = from + place * length
      const sooner = endingSooner(before, at, at + kept * (before.to - at))
      const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9
      return (
        sooner.from === from &&
        near(cooledDown(1, sooner)(at), cooledDown(1, before)(at)) &&
        near(cooledDown(1, sooner)((at + sooner.to) / 2), cooledDown(1, before)(at) / 2) &&
        cooledDown(1, sooner)(sooner.to) === 0
      )
    }),
  )
  t.throws(() => endingSooner({ from: 5, to: 9 }, 6, 10), { message: /ends at 9: expected 6 < 10 <= 9/ })
  t.throws(() => cooledDown(1, { from: 5, to: 5 }), { message: /from 5 to 5 images: expected from < to/ })
  t.end()
})
