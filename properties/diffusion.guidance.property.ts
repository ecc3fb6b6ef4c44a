/**
 * Laws of guidance: of its schedules, for those of the table and one from outside, and of guided samples, with a network whose
 * answers with a label and without are known and different.
 */
import fc from 'fast-check'
import t from 'tap'
import { element } from '../src/codec/element.ts'
import { denoiser, together } from '../src/diffusion/denoiser.ts'
import { constantGuidance } from '../src/diffusion/guidance/constantGuidance.ts'
import { guidanceChannels, guidanceChannelsNames } from '../src/diffusion/guidance/guidanceChannels.ts'
import { guidanceInterval } from '../src/diffusion/guidance/guidanceInterval.ts'
import { defaultGuidanceOptions, type GuidanceSchedule } from '../src/diffusion/guidance/guidanceSchedule.ts'
import { guidanceSchedules } from '../src/diffusion/guidance/guidanceSchedules.ts'
import { powerCosine } from '../src/diffusion/guidance/powerCosine.ts'
import { wayLeft } from '../src/diffusion/guidance/wayLeft.ts'
import type { CompiledNetwork } from '../src/diffusion/network.ts'
import {
  denoiseOf,
  guidedShare,
  type ImageRequest,
  type Sampling,
  sample,
  startNoise,
} from '../src/diffusion/sample.ts'
import { euler } from '../src/diffusion/sampler/euler.ts'
import { heun } from '../src/diffusion/sampler/heun.ts'
import { startingAt } from '../src/diffusion/sampler/sampler.ts'
import { karras } from '../src/diffusion/schedule/karras.ts'
import { edmRange } from '../src/diffusion/schedule/schedule.ts'
import type { Named } from '../src/plan/backend.ts'
import { fold, key } from '../src/random/key.ts'
import { evenly } from './evenly.ts'

// --------------------------------------------------------------------------------- a network with known answers
const [classes, channels, size] = [3, 4, 2]
const each = size * size * channels

/** D of element j: it depends on x, the label and the element, so that no two answers are alike. */
const answer = (x: number, label: number | null, j: number): number =>
  0.5 * Math.tanh(x) + (label === null ? -2 : 1 + label) * (1 + 0.1 * j)
const varianceOf = (label: number | null, j: number): number => (label === null ? -7 : label) + 0.01 * j

interface Asked {
  readonly x: readonly number[]
  readonly label: number | null
}

/** Images of four channels; F is D. `seen` is told of every batch, its padding included. */
const network = (
  batch: number,
  { seen, learns = false }: { seen?: (batch: readonly Asked[]) => void; learns?: boolean } = {},
): CompiledNetwork => {
  const run = async (feeds: Named): Promise<Named> => {
    const [input, labels] = [Array.from(feeds.input ?? []), Array.from(feeds.labels ?? [])]
    const asked = Array.from({ length: batch }, (_, i): Asked => {
      const place = labels.slice(i * (classes + 1), (i + 1) * (classes + 1)).indexOf(1)
      return { x: input.slice(i * each, (i + 1) * each), label: place === classes ? null : place }
    })
    seen?.(asked)
    const pixels = Array.from({ length: size * size }, (_, p) => p * channels)
    const output = asked.flatMap(({ x, label }) =>
      pixels.flatMap((first) => {
        const places = Array.from({ length: channels }, (_, c) => first + c)
        const f = places.map((j) => answer(element(x, j), label, j))
        return learns ? [...f, ...places.map((j) => varianceOf(label, j))] : f
      }),
    )
    return { network: Float64Array.from(output) }
  }
  return {
    executable: {
      run,
      write: async () => undefined,
      read: async () => ({}),
      profile: async () => [],
      dispose: async () => undefined,
      description: 'known',
      bytes: 0,
    },
    ...{ batch, channels, size, classes },
    process: {
      name: 'bare',
      noising: (s) => ({ image: 1, noise: s }),
      target: () => ({ image: 1, noise: 0 }),
      weight: () => 1,
      denoised: () => ({ skip: 0, out: 1 }),
      time: Math.log,
      range: edmRange,
    },
  }
}

// ------------------------------------------------------------------------------------------------ what is drawn
/** From w at the start to 1 at the end, which none of the table does. */
const fading: GuidanceSchedule = { name: 'fading', help: 'less and less', scale: (w, { left }) => 1 + (w - 1) * left }

const schedule: fc.Arbitrary<GuidanceSchedule> = fc.oneof(
  fc.constant(fading),
  ...Object.values(guidanceSchedules).map(({ of }) =>
    fc
      .tuple(evenly(0.25, 6), evenly(-4, 2), evenly(0.1, 4))
      .map(([power, low, width]) => of({ power, low: Math.exp(low), high: Math.exp(low + width) })),
  ),
)
const steps = fc.integer({ min: 1, max: 7 })
const w = evenly(0, 6)
const label = fc.option(fc.nat(classes - 1))
const request: fc.Arbitrary<ImageRequest> = fc.oneof(
  fc.record({ label, index: fc.nat(9) }),
  fc.record({ label, index: fc.nat(9), guidance: fc.oneof(w, fc.constantFrom(0, 1)) }),
)
const requests = fc.array(request, { minLength: 1, maxLength: 5 })
const sampling: fc.Arbitrary<Sampling> = fc.record({
  sampler: fc.constantFrom(heun(), euler()),
  levels: steps.map((n) => karras.levels(n, edmRange)),
  guidance: w,
  guidanceSchedule: schedule,
  guidanceChannels: fc.constantFrom(...guidanceChannelsNames),
})
const quickly = { numRuns: 60 }
const text = (images: readonly Float64Array[]): string => images.map((x) => x.map((v) => v + 0).join()).join(';')

// ---------------------------------------------------------------------------------------------------- schedules
for (const [name, { of, uses }] of Object.entries(guidanceSchedules))
  t.test(`${name}: its name is its row's, and it depends on the options that its row says`, async (t) => {
    t.equal(of(defaultGuidanceOptions).name, name)
    const at = { sigma: 2, left: 0.3 }
    const others = { power: 1, low: 3, high: 5 }
    for (const option of ['power', 'low', 'high'] as const) {
      const changed = of({ ...defaultGuidanceOptions, [option]: option === 'high' ? 1 : others[option] })
      const depends = changed.scale(3, at) !== of(defaultGuidanceOptions).scale(3, at)
      t.equal(
        depends,
        uses.some((used) => used === option),
        option,
      )
    }
  })

t.test('every schedule: no guidance is none at every level, and every scale is between 1 and w', async () => {
  fc.assert(
    fc.property(schedule, w, evenly(-6, 5), evenly(0, 1), ({ scale }, w, log, left) => {
      const at = { sigma: Math.exp(log), left }
      const s = scale(w, at)
      return scale(1, at) === 1 && s >= Math.min(1, w) - 1e-12 && s <= Math.max(1, w) + 1e-12
    }),
  )
})

/** MDT's formula in Python: w, power, t / T and the scale. */
const byHand = [
  [4.6, 4, 1, 1],
  [4.6, 4, 0.75, 1.00013553668954],
  [4.6, 4, 0.5, 1.0345864952741852],
  [4.6, 4, 0.25, 1.8184150208403163],
  [4.6, 4, 0, 4.6],
  [3.8, 2, 0.5, 1.4100505063388333],
  [3.8, 2, 0.1, 3.5579128039843866],
] as const

t.test('power_cosine by hand: 1 at the highest noise, w at the end', async (t) => {
  for (const [w, power, left, expected] of byHand)
    t.ok(Math.abs(powerCosine(power).scale(w, { sigma: 1, left }) - expected) < 1e-12, `w ${w}, t/T ${left}`)
  t.equal(powerCosine(4).scale(4.6, { sigma: 80, left: 1 }), 1, 'exactly none at the first level')
})

t.test('power_cosine: guidance above 1 grows as the noise falls, and sets in later for a higher power', async () => {
  fc.assert(
    fc.property(evenly(1.5, 6), evenly(0.5, 6), evenly(0.1, 0.9), evenly(0.01, 0.1), (w, power, left, step) => {
      const at = (power: number, left: number): number => powerCosine(power).scale(w, { sigma: 1, left })
      return at(power, left - step) > at(power, left) && at(power + 0.5, left) < at(power, left)
    }),
  )
})

t.test('interval: w in (low, high], which has its upper end and not its lower, 1 elsewhere', async (t) => {
  const { scale } = guidanceInterval(0.2, 5)
  const found = [0.1, 0.2, 0.2000001, 1, 5, 5.000001, 80].map((sigma) => scale(3, { sigma, left: 0.5 }))
  t.strictSame(found, [1, 1, 3, 3, 3, 1, 1])
  for (const [low, high] of [
    [2, 2],
    [3, 2],
    [-1, 2],
    [Number.NaN, 2],
  ] as const)
    t.throws(
      () => guidanceInterval(low, high),
      new RangeError(`interval: noise levels from ${low} to ${high}, expected 0 <= low < high`),
    )
  for (const power of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(
      () => powerCosine(power),
      new RangeError(`power_cosine: the power is ${power}, expected a positive number`),
    )
})

t.test(
  'the way left: (n - i) / n at level i of n, between two levels linear in sigma, 1 above and 0 below',
  async (t) => {
    fc.assert(
      fc.property(steps, fc.boolean(), evenly(0, 1), fc.nat(6), (n, whole, share, place) => {
        const all = karras.levels(n + 1, edmRange)
        const levels = whole ? all : all.slice(0, -1)
        const last = levels.length - 1
        const i = place % last
        const [above, below] = [element(levels, i), element(levels, i + 1)]
        const left = wayLeft(levels)
        const between = left(below + share * (above - below))
        return (
          levels.every((sigma, j) => left(sigma) === (last - j) / last) &&
          Math.abs(between - (last - i - 1 + share) / last) < 1e-9 &&
          left(2 * element(levels, 0)) === 1 &&
          left(element(levels, last) / 2) === 0
        )
      }),
    )
    t.equal(wayLeft([10, 4, 0])(7), 0.75)
  },
)

// ---------------------------------------------------------------------------------------------- guided answers
t.test(
  'a guided answer is u + s (c - u) of the two answers, for the guided channels, with the scale of its image',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        sampling,
        requests,
        fc.integer({ min: 1, max: 4 }),
        fc.nat(6),
        async (how, requests, batch, k) => {
          const { levels, guidanceSchedule = fading, guidanceChannels: which = 'all' } = how
          const sigma = element(levels, k % (levels.length - 1))
          const x = startingAt(
            levels,
            Float64Array.from({ length: requests.length * each }, (_, j) => Math.sin(j)),
          )
          const { denoised } = await denoiseOf(network(batch), how)(requests)(x, sigma)
          return requests.every(({ label, guidance = how.guidance }, i) => {
            const s = guidanceSchedule.scale(guidance, { sigma, left: wayLeft(levels)(sigma) })
            return Array.from({ length: each }, (_, j) => j).every((j) => {
              const at = i * each + j
              const [own, open] = [answer(element(x, at), label, j), answer(element(x, at), null, j)]
              const expected = j % channels < guidanceChannels[which] ? open + s * (own - open) : own
              return Math.abs(element(denoised, at) - expected) < 1e-9
            })
          })
        },
      ),
    )
  },
)

t.test('the learnt variance of a guided answer is that of the answer with the label', async () => {
  await fc.assert(
    fc.asyncProperty(sampling, requests, async (how, requests) => {
      const x = new Float64Array(requests.length * each)
      const denoise = denoiseOf(network(4, { learns: true }), how)(requests)
      const { variance } = await denoise(x, element(how.levels, how.levels.length - 2))
      const expected = requests.flatMap(({ label }) => Array.from({ length: each }, (_, j) => varianceOf(label, j)))
      return variance !== undefined && Array.from(variance).join() === expected.join()
    }),
    quickly,
  )
})

t.test('an image is evaluated twice where its scale is not 1, else once; `guidedShare` says how often', async () => {
  await fc.assert(
    fc.asyncProperty(sampling, requests, async (how, requests) => {
      let runs = 0
      const counting = network(1, { seen: () => void runs++ })
      await sample(counting, { ...how, sampler: euler() }, {})(key(1), requests)
      const asked = how.levels.length - 1
      const expected = requests.map(({ label, guidance = how.guidance }) =>
        label === null ? asked : asked * (1 + guidedShare({ ...how, guidance })),
      )
      const byHand = requests.map(({ label, guidance: w = how.guidance }) =>
        how.levels.slice(0, -1).reduce((sum, sigma) => {
          const s = (how.guidanceSchedule ?? fading).scale(w, { sigma, left: wayLeft(how.levels)(sigma) })
          return sum + (label === null || s === 1 ? 1 : 2)
        }, 0),
      )
      const sum = (ns: readonly number[]): number => ns.reduce((a, b) => a + b, 0)
      return runs === sum(byHand) && Math.abs(runs - sum(expected)) < 1e-9
    }),
    quickly,
  )
})

t.test('both halves of an image are in the same batch, where its size is even', async () => {
  const different = fc.uniqueArray(request, { minLength: 1, maxLength: 6, selector: (r) => `${r.label} ${r.index}` })
  await fc.assert(
    fc.asyncProperty(w, different, fc.constantFrom(2, 4, 6), async (guidance, requests, batch) => {
      const twice = requests.filter((r) => r.label !== null && (r.guidance ?? guidance) !== 1)
      const guided = twice.map((r) =>
        startNoise(key(2), r, each)
          .map((n) => 80 * n)
          .join(),
      )
      const together: string[] = []
      const seen = (asked: readonly Asked[]): void => {
        const halves = (open: boolean) => asked.filter((a) => (a.label === null) === open).map(({ x }) => x.join())
        together.push(...halves(false).filter((x) => halves(true).includes(x)))
      }
      await sample(network(batch, { seen }), { sampler: euler(), levels: [80, 0], guidance })(key(2), requests)
      return together.sort().join() === guided.sort().join()
    }),
    quickly,
  )
})

// ------------------------------------------------------------------------------------------------------ samples
/** Sampled under the plain denoiser, given labels in place of the requests' own. */
const plainly = async (
  { sampler, levels }: Sampling,
  requests: readonly ImageRequest[],
  labels: readonly (number | null)[],
): Promise<readonly Float64Array[]> => {
  const noise = Float64Array.from(requests.flatMap((r) => Array.from(startNoise(key(3), r, each))))
  const keys = requests.map((_, i) => fold(key(4), i))
  const x = await sampler.run(together(denoiser(network(3)), labels), levels, keys)(startingAt(levels, noise))
  return requests.map((_, i) => x.slice(i * each, (i + 1) * each))
}

t.test('guidance 1 is no guidance, and 0 ignores the label in the channels that are guided, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(sampling, requests, async (how, given) => {
      const requests = given.map(({ label, index }) => ({ label, index }))
      const labels = requests.map(({ label }) => label)
      const one = await sample(network(4), { ...how, guidance: 1 })(key(3), requests)
      const none = { ...how, guidance: 0, guidanceSchedule: constantGuidance, guidanceChannels: 'all' } as const
      const zero = await sample(network(4), none)(key(3), requests)
      const open = await plainly(
        how,
        requests,
        labels.map(() => null),
      )
      return text(one) === text(await plainly(how, requests, labels)) && text(zero) === text(open)
    }),
    quickly,
  )
})

t.test("an image's own scale gives the image of a run with that scale, alone, whatever the batch", async () => {
  await fc.assert(
    fc.asyncProperty(sampling, requests, fc.integer({ min: 1, max: 5 }), async (how, requests, batch) => {
      const all = await sample(network(batch), how)(key(5), requests)
      const alone = requests.map(({ label, index, guidance = how.guidance }) =>
        sample(network(4), { ...how, guidance })(key(5), [{ label, index }]),
      )
      return text(all) === text((await Promise.all(alone)).flat())
    }),
    quickly,
  )
})

t.test('noise is of the seed, the class and the index: no two share it, and no batch or scale changes it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), sampling, fc.integer({ min: 1, max: 30 }), async (seed, how, batch) => {
      const every = [null, 0, 1, 2].flatMap((label) => [0, 1, 2].map((index) => ({ label, index })))
      const first: string[] = []
      const seen = (asked: readonly Asked[]): void => {
        for (const { x } of asked) if (x.some((v) => v !== 0)) first.push(x.join())
      }
      const levels = [80, 0]
      await sample(network(batch, { seen }), { ...how, sampler: euler(), levels })(key(seed), every)
      const expected = every.map((r) =>
        startNoise(key(seed), r, each)
          .map((n) => 80 * n)
          .join(),
      )
      return new Set(expected).size === every.length && [...new Set(first)].sort().join() === expected.sort().join()
    }),
    quickly,
  )
})

t.test('a scale that is not finite is an error that names the image', async (t) => {
  const how = { sampler: euler(), levels: [1, 0], guidance: 2 }
  const asked = [
    { label: 0, index: 0 },
    { label: 1, index: 0, guidance: Number.NaN },
  ]
  await t.rejects(
    sample(network(2), how)(key(0), asked),
    new RangeError('the guidance of image 1 is NaN: expected a finite number'),
  )
})
