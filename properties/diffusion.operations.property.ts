/** Laws of the operations on images, for samplers of the table and of others, with denoisers that are known. */
import fc from 'fast-check'
import t from 'tap'
import { type Asked, elements, knownNetwork } from '../spec/diffusion/known.ts'
import { ancestral } from '../spec/diffusion/outside.ts'
import { type Label, oneHot } from '../src/diffusion/labels.ts'
import type { CompiledNetwork } from '../src/diffusion/network.ts'
import { descentsOf } from '../src/diffusion/operations/descents.ts'
import { dimmed, evenFrames, filmstrip } from '../src/diffusion/operations/filmstrip.ts'
import { img2img, stepsOfStrength } from '../src/diffusion/operations/img2img.ts'
import { inpaint } from '../src/diffusion/operations/inpaint.ts'
import { interpolate, sharesOf } from '../src/diffusion/operations/interpolate.ts'
import { slerp } from '../src/diffusion/operations/slerp.ts'
import { edm } from '../src/diffusion/process/edm.ts'
import { type ImageRequest, type Sampling, sample, startNoise } from '../src/diffusion/sample.ts'
import { ddim as ddimOf } from '../src/diffusion/sampler/ddim.ts'
import { euler as eulerOf } from '../src/diffusion/sampler/euler.ts'
import { heun as heunOf } from '../src/diffusion/sampler/heun.ts'
import { multistep, type Sampler, type StepTaken } from '../src/diffusion/sampler/sampler.ts'
import { defaultSamplerOptions, type SamplerRow } from '../src/diffusion/sampler/samplerOptions.ts'
import { samplers } from '../src/diffusion/sampler/samplers.ts'
import { key } from '../src/random/key.ts'
import { at } from '../src/tensor/axes.ts'
import { evenly } from './evenly.ts'

/** Adams and Bashforth's second-order step, which remembers the slope before: what it forgets can be seen. */
const remembering: Sampler = multistep<Float64Array>(
  'remembering',
  (steps) => steps,
  async (denoise, x, { from: s, to: t }, before) => {
    const { denoised } = await denoise(x, s)
    const slope = x.map((v, i) => (v - at(denoised, i)) / s)
    const last = before ?? slope
    return { x: x.map((v, i) => v + (t - s) * (1.5 * at(slope, i) - 0.5 * at(last, i))), denoised, memory: slope }
  },
)
const [heun, euler, ddim] = [heunOf(), eulerOf(), ddimOf()]
const all: readonly Sampler[] = [
  ...Object.values<SamplerRow>(samplers).map(({ of }) => of(defaultSamplerOptions)),
  ancestral,
  remembering,
]
const anySampler = fc.constantFrom(...all)
const anyLevels = fc
  .uniqueArray(evenly(-3, 3), { minLength: 1, maxLength: 6 })
  .map((logs) => [...logs.map(Math.exp).sort((a, b) => b - a), 0])
const anyImage = fc
  .array(evenly(-1, 1), { minLength: elements, maxLength: elements })
  .map((image) => Float64Array.from(image))
const anySeed = fc.integer({ min: 0, max: 1e6 })
const anyMask = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }).map((m) => Uint8Array.from(m))
const few = { numRuns: 25 }

/** It mixes pixels, and depends on the label: no law below rests on a special form. */
const bent = (_: number | null, { x, sigma, row }: Asked): Float64Array =>
  x.map((v, i) => Math.tanh((v + 0.3 * at(x, (i + 1) % elements)) / (1 + sigma)) + 0.2 * at(row, 0) + 0.05 * i)

/** Images [2, 2, 3] of two classes. A level is known to it only if it is among `levels`; the inner ones of Heun are. */
const networkOf = (
  levels: readonly number[],
  imageOf: (label: number | null, asked: Asked) => ArrayLike<number> = bent,
) => knownNetwork({ process: edm(0.5), levels: levels.filter((s) => s > 0), batch: 2, classes: 2, imageOf })

const requests: readonly ImageRequest[] = [
  { label: 0, index: 0 },
  { label: 1, index: 0 },
  { label: null, index: 3 },
]
const bits = (images: readonly Float64Array[]): string => images.map((image) => image.join()).join(';')
const apart = (a: Float64Array, b: Float64Array): number => Math.hypot(...a.map((v, i) => v - at(b, i)))

/** The estimate of normal data of variance 1 / 4: linear in x. */
const normalData = (_: number | null, { x, sigma }: Asked): Float64Array => x.map((v) => v / (1 + 4 * sigma ** 2))
const ofSampler = (sampler: Sampler, levels: readonly number[], guidance = 1): Sampling => ({
  sampler,
  levels,
  guidance,
})

// ------------------------------------------------------------------------------------------------------ img2img
t.test('img2img: of n steps, strength k / n takes k; 0 and 1 take none and all', async (t) => {
  for (let n = 1; n <= 60; n++) for (let k = 0; k <= n; k++) t.equal(stepsOfStrength(n, k / n), k)
  t.equal(stepsOfStrength(100, 0.29), 29)
  t.equal(stepsOfStrength(50, 0.6), 30)
  t.equal(stepsOfStrength(18, 0.5), 9)
  t.equal(stepsOfStrength(18, 0.549), 9, 'rounded down')
  for (const wrong of [-0.1, 1.1, Number.NaN])
    t.throws(() => stepsOfStrength(4, wrong), new RangeError(`strength ${wrong}: expected a number from 0 to 1`))
})

t.test('img2img: strength 0 is the image, strength k / n is sampled from the image noised to level n - k', async () => {
  await fc.assert(
    fc.asyncProperty(anySampler, anyLevels, anyImage, anySeed, async (sampler, levels, image, seed) => {
      const network = networkOf(levels)
      const edits = requests.map((request) => ({ ...request, image }))
      const steps = levels.length - 1
      const made: StepTaken[] = []
      for (let k = 0; k <= steps; k++) {
        made.length = 0
        const images = await img2img(network, ofSampler(sampler, levels), k / steps, {
          onStep: (taken) => made.push(taken),
        })(key(seed), edits)
        if (made.length !== k) return false
        if (k === 0 && bits(images) !== bits(requests.map(() => image))) return false
        if (k === 0) continue
        const start = requests.map((request) =>
          image.map((y, i) => y + at(levels, steps - k) * at(startNoise(key(seed), request, elements), i)),
        )
        const estimate = start.flatMap((x, i) => [
          ...bent(null, { x, sigma: at(levels, steps - k), row: [at([1, 0, 0], i)] }),
        ])
        if (made[0]?.denoised.some((v, i) => Math.abs(v - at(estimate, i)) > 1e-9) !== false) return false
      }
      return true
    }),
    few,
  )
})

t.test('img2img: for normal data, what remains of the image falls with every step of strength', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(heun, euler, ddim), anyLevels, anyImage, async (sampler, levels, image) => {
      const network = networkOf(levels, normalData)
      const steps = levels.length - 1
      const made = async (from: Float64Array, k: number): Promise<Float64Array> =>
        at(
          await img2img(network, ofSampler(sampler, levels), k / steps)(key(1), [{ label: 0, index: 0, image: from }]),
          0,
        )
      let before = Math.hypot(...image)
      for (let k = 1; k <= steps; k++) {
        const remains = apart(
          await made(image, k),
          await made(
            image.map(() => 0),
            k,
          ),
        )
        if (!(remains < before)) return false
        before = remains
      }
      return true
    }),
    few,
  )
})

t.test('img2img: at strength 1 from a high level nothing of the image is left', async (t) => {
  const levels = [1e6, 10, 1, 0.1, 0]
  const network = networkOf(levels, normalData)
  const image = Float64Array.from({ length: elements }, (_, i) => Math.sin(i))
  const sampling = ofSampler(heun, levels)
  const [whole] = await sample(network, sampling)(key(3), [{ label: 1, index: 2 }])
  const [made] = await img2img(network, sampling, 1)(key(3), [{ label: 1, index: 2, image }])
  t.ok(whole !== undefined && made !== undefined && apart(whole, made) < 1e-5 * Math.hypot(...whole))
})

// ------------------------------------------------------------------------------------------------------ inpaint
t.test('inpaint: known pixels are those of the image exactly; only masked ones differ', async () => {
  await fc.assert(
    fc.asyncProperty(
      anySampler,
      anyLevels,
      anyImage,
      anyMask,
      fc.record({ resample: fc.integer({ min: 1, max: 3 }), jump: fc.integer({ min: 1, max: 3 }) }),
      async (sampler, levels, image, mask, resampling) => {
        const edits = requests.map((request) => ({ ...request, image, mask }))
        const images = await inpaint(networkOf(levels), ofSampler(sampler, levels), resampling)(key(4), edits)
        return images.every((made) =>
          made.every((v, i) => (at(mask, Math.floor(i / 3)) === 1 ? v !== at(image, i) : v === at(image, i))),
        )
      },
    ),
    few,
  )
})

t.test('inpaint: an image that is all masked, without repetition, is the plain sample bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      anySampler,
      anyLevels,
      anyImage,
      anySeed,
      evenly(0, 3),
      async (sampler, levels, image, seed, w) => {
        const network = networkOf(levels)
        const sampling = ofSampler(sampler, levels, w)
        const edits = requests.map((request) => ({ ...request, image, mask: new Uint8Array(4).fill(1) }))
        const made = await inpaint(network, sampling, { resample: 1, jump: 2 })(key(seed), edits)
        return bits(made) === bits(await sample(network, sampling)(key(seed), requests))
      },
    ),
    few,
  )
})

/** The known pixels' part of what a network is shown, at each level. */
const shownAt = async (sampler: Sampler, levels: readonly number[], resample: number, image: Float64Array) => {
  const seen: Asked[] = []
  const network = networkOf(levels, (label, asked) => {
    seen.push(asked)
    return bent(label, asked)
  })
  const edits = Array.from({ length: 40 }, (_, index) => ({ label: 0, index, image, mask: Uint8Array.of(0, 1, 0, 0) }))
  await inpaint(network, ofSampler(sampler, levels), { resample, jump: 1 })(key(9), edits)
  const deviations = (asked: Asked): readonly number[] =>
    [0, 1, 2, 6, 7, 8, 9, 10, 11].map((i) => (at(asked.x, i) - at(image, i)) / asked.sigma)
  return seen.map((asked) => ({ sigma: asked.sigma, n: deviations(asked) }))
}

for (const sampler of all)
  t.test(`inpaint, ${sampler.name}: the network sees known pixels noised to the level of each step`, async (t) => {
    const levels = [5, 2, 0.7, 0.2, 0]
    const image = Float64Array.from({ length: elements }, (_, i) => Math.cos(2 * i))
    for (const resample of [1, 3]) {
      const seen = await shownAt(sampler, levels, resample, image)
      for (const sigma of levels.slice(0, -1)) {
        const n = seen.filter((one) => one.sigma === sigma).flatMap((one) => one.n)
        const mean = n.reduce((sum, v) => sum + v, 0) / n.length
        const variance = n.reduce((sum, v) => sum + v * v, 0) / n.length
        // 40 images of 9 numbers: the deviation of the variance is sqrt(2 / 360)
        t.ok(Math.abs(mean) < 4 / Math.sqrt(360), `${resample} times, level ${sigma}: mean ${mean}`)
        t.ok(Math.abs(variance - 1) < 4 * Math.sqrt(2 / 360), `${resample} times, level ${sigma}: variance ${variance}`)
      }
    }
  })

t.test('inpaint: each stretch is gone through as often as asked, the last step once', async (t) => {
  t.same(descentsOf(4, { resample: 1, jump: 2 }), [{ from: 0, to: 4 }])
  t.same(descentsOf(3, { resample: 2, jump: 1 }), [
    { from: 0, to: 1 },
    { from: 0, to: 2 },
    { from: 1, to: 3 },
  ])
  t.same(descentsOf(1, { resample: 5, jump: 1 }), [{ from: 0, to: 1 }])
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, resample, jump) => {
        const descents = descentsOf(steps, { resample, jump })
        const visits = (step: number): number => descents.filter(({ from, to }) => from <= step && step < to).length
        return (
          Array.from({ length: steps }, (_, i) => visits(i)).every((n, i) => n === (i === steps - 1 ? 1 : resample)) &&
          descents.every(({ from }, i) => i === 0 || from < at(descents, i - 1).to)
        )
      },
    ),
  )
  for (const wrong of [0, 1.5, Number.NaN])
    t.throws(() => descentsOf(3, { resample: wrong, jump: 1 }), /^resample .*: expected a whole number of at least 1$/)
})

t.test('inpaint: onStep counts all steps of all descents', async (t) => {
  const levels = [5, 2, 0.7, 0]
  const edits = [{ label: 0, index: 0, image: new Float64Array(elements), mask: Uint8Array.of(0, 1, 0, 0) }]
  const taken: (readonly number[])[] = []
  await inpaint(
    networkOf(levels),
    ofSampler(heun, levels),
    { resample: 2, jump: 1 },
    { onStep: ({ step, steps, sigma }) => taken.push([step, steps, sigma]) },
  )(key(0), edits)
  t.same(taken, [
    [1, 5, 2],
    [2, 5, 2],
    [3, 5, 0.7],
    [4, 5, 0.7],
    [5, 5, 0],
  ])
})

// ------------------------------------------------------------------------------------------------------ slerp
t.test('slerp: at a share of the angle from a, of a norm straight between both; its ends are exact', async () => {
  const angle = (a: Float64Array, b: Float64Array): number => {
    const dot = a.reduce((sum, v, i) => sum + v * at(b, i), 0)
    return Math.acos(dot / Math.hypot(...a) / Math.hypot(...b))
  }
  fc.assert(
    fc.property(anySeed, anySeed, evenly(0.02, 0.98), evenly(0.1, 3), (one, other, share, length) => {
      fc.pre(one !== other)
      const noise = (seed: number) => startNoise(key(seed), { label: null, index: 0 }, elements)
      const [a, b] = [noise(one), noise(other).map((v) => length * v)]
      const c = slerp(a, b, share)
      const norm = (1 - share) * Math.hypot(...a) + share * Math.hypot(...b)
      return (
        Math.abs(angle(a, c) - share * angle(a, b)) < 1e-7 &&
        Math.abs(angle(c, b) - (1 - share) * angle(a, b)) < 1e-7 &&
        Math.abs(Math.hypot(...c) / norm - 1) < 1e-12 &&
        slerp(a, b, 0).join() === a.join() &&
        slerp(a, b, 1).join() === b.join() &&
        slerp(a, a, share).every((v, i) => Math.abs(v - at(a, i)) < 1e-12)
      )
    }),
  )
})

t.test('slerp: between opposite directions there is no shortest arc', async (t) => {
  t.throws(() => slerp(Float64Array.of(1, 2), Float64Array.of(-2, -4), 0.5), /^slerp between opposite directions/)
  t.throws(() => slerp(Float64Array.of(1, 2), Float64Array.of(1), 0.5), /^slerp of 2 and 1 numbers/)
})

// ------------------------------------------------------------------------------------------------------ interpolate
t.test('interpolate: its ends are the plain samples bit for bit, of two seeds, two classes or both', async () => {
  await fc.assert(
    fc.asyncProperty(
      anySampler,
      anyLevels,
      fc.tuple(anySeed, anySeed),
      fc.tuple(fc.constantFrom(...requests), fc.constantFrom(...requests)),
      fc.constantFrom(1, 2.5),
      async (sampler, levels, [one, other], [first, second], w) => {
        const network = networkOf(levels)
        const sampling = ofSampler(sampler, levels, w)
        const [from, to] = [
          { key: key(one), request: first },
          { key: key(other), request: second },
        ]
        const made = await interpolate(network, sampling)(sharesOf(3).map((share) => ({ from, to, share })))
        const [start] = await sample(network, sampling)(from.key, [first])
        const [end] = await sample(network, sampling)(to.key, [second])
        return made[0]?.join() === start?.join() && made[2]?.join() === end?.join()
      },
    ),
    few,
  )
})

t.test('interpolate: between two classes the network sees their rows mixed, and no label beside them', async (t) => {
  const rows: (readonly number[])[] = []
  const levels = [2, 0]
  const network = networkOf(levels, (label, asked) => {
    rows.push(asked.row)
    return bent(label, asked)
  })
  const ends = { from: { key: key(1), request: at(requests, 0) }, to: { key: key(1), request: at(requests, 1) } }
  const shares = sharesOf(5).map((share) => ({ ...ends, share }))
  await interpolate(network, ofSampler(heun, levels))(shares)
  t.same(rows.slice(0, 5), [
    [1, 0, 0],
    [0.75, 0.25, 0],
    [0.5, 0.5, 0],
    [0.25, 0.75, 0],
    [0, 1, 0],
  ])
  t.throws(() => sharesOf(1), new RangeError('1 images from end to end: expected at least 2'))
})

t.test('a label between two: a row of two numbers that add up to 1; one and the same is that label', async (t) => {
  const rows = (label: Label) => [...at(Object.values(oneHot([label], 2)), 0)]
  t.same(rows({ from: 1, to: null, share: 0.25 }), [0, 0.75, 0.25])
  for (const share of [0, 0.3, 1]) t.same(rows({ from: 1, to: 1, share }), [0, 1, 0])
  for (const share of [-0.1, 1.1, Number.NaN])
    t.throws(
      () => rows({ from: 0, to: 1, share }),
      new RangeError(`share ${share} of the label of image 0: expected a number from 0 to 1`),
    )
  t.throws(() => rows({ from: 0, to: 2, share: 0.5 }), /^label 2 of image 0: expected/)
})

// ------------------------------------------------------------------------------------------------------ filmstrip
t.test('filmstrip: from the start noise to the sample, with the estimate at each level', async () => {
  await fc.assert(
    fc.asyncProperty(anySampler, anyLevels, anySeed, async (sampler, levels, seed) => {
      const network = networkOf(levels)
      const sampling = ofSampler(sampler, levels)
      const frames = await filmstrip(network, sampling)(key(seed), requests)
      const images = await sample(network, sampling)(key(seed), requests)
      const noise = requests.map((request) => startNoise(key(seed), request, elements).map((n) => n * at(levels, 0)))
      const last = at(frames, frames.length - 1)
      return (
        frames.map(({ sigma }) => sigma).join() === levels.join() &&
        frames.every(({ step }, i) => step === i) &&
        bits(at(frames, 0).states) === bits(noise) &&
        bits(last.states) === bits(images) &&
        bits(last.estimates) === bits(images) &&
        frames.slice(0, -1).every(({ sigma, states, estimates }) =>
          states.every((x, i) => {
            const estimate = bent(null, { x, sigma, row: [at([1, 0, 0], i)] })
            return apart(estimate, at(estimates, i)) < 1e-9
          }),
        )
      )
    }),
    few,
  )
})

t.test('filmstrip: chosen frames are even, with both ends; a state is dimmed to the deviation of images', async (t) => {
  const frames = Array.from({ length: 19 }, (_, step) => ({ step, sigma: 18 - step, states: [], estimates: [] }))
  const steps = (count: number) => evenFrames(frames, count).map(({ step }) => step)
  t.same(steps(4), [0, 6, 12, 18])
  t.same(steps(2), [0, 18])
  t.same(steps(19), steps(50))
  t.throws(() => evenFrames(frames, 1), new RangeError('1 frames: expected at least 2'))
  const x = Float64Array.of(-1, 0.25, 0.5)
  t.same(dimmed(x, 0, 0.5), x)
  t.ok(dimmed(x, 1e6, 0.5).every((v, i) => Math.abs(1e6 * v - 0.5 * at(x, i)) < 1e-6))
})

// ------------------------------------------------------------------------------------------------------ all of them
t.test('images of another size than the network, and masks of another, are errors', async (t) => {
  const levels = [2, 0]
  const network: CompiledNetwork = networkOf(levels)
  const sampling = ofSampler(heun, levels)
  const image = new Float64Array(5)
  await t.rejects(img2img(network, sampling, 0.5)(key(0), [{ label: 0, index: 0, image }]), {
    name: 'RangeError',
    message: 'image 0 has 5 numbers: expected 12',
  })
  const edit = { label: 0, index: 0, image: new Float64Array(elements) }
  for (const mask of [Uint8Array.of(1), Uint8Array.of(0, 1, 255, 0)])
    await t.rejects(inpaint(network, sampling, { resample: 1, jump: 1 })(key(0), [{ ...edit, mask }]), {
      name: 'RangeError',
      message: `mask 0 has ${mask.length} numbers: expected 4, each 0 or 1`,
    })
})
