/** Laws of EDM's augmentation: what a label says is what is done to the picture, and all of it comes from the picture's own key. */
import fc from 'fast-check'
import t from 'tap'
import {
  augmentedBy,
  augmentLabel,
  augmentLabels,
  augmentMap,
  edmAugmentation,
  transforms,
} from '../src/augmentation/index.ts'
import { edmNoise, lognormal } from '../src/diffusion/noise/lognormal.ts'
import { noised } from '../src/diffusion/noise/noised.ts'
import { edm } from '../src/diffusion/process/edm.ts'
import { noisedAt, noisedBatches } from '../src/diffusion/task.ts'
import { fold, type Key, key, normal, text } from '../src/random/key.ts'
import { evenly } from './evenly.ts'
import { seed } from './layers.ts'

type Label = readonly number[]
const none: Label = Array.from({ length: augmentLabels }, () => 0)
/** A label with these numbers from this place on. */
const labelled = (from: number, ...numbers: readonly number[]): Label =>
  none.with(from, numbers[0] ?? 0).with(from + numbers.length - 1, numbers.at(-1) ?? 0)
const [xFlip, yFlip] = [labelled(0, 1), labelled(1, 1)]
const turned = (t: number): Label => labelled(3, Math.cos(t) - 1, Math.sin(t))
/** By whole pixels. */
const moved = (size: number, x: number, y: number): Label => labelled(7, (8 * x) / size, (8 * y) / size)

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length
    ? Math.max(0, ...Array.from(a, (v, i) => Math.abs(v - (b[i] ?? Number.NaN))))
    : Number.POSITIVE_INFINITY
const same = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => apart(a, b) === 0
const near = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => apart(a, b) < 1e-11

const shapes = fc.record({ size: fc.integer({ min: 1, max: 9 }), channels: fc.integer({ min: 1, max: 3 }) })
const pictureOf = (from: number, { size, channels }: { readonly size: number; readonly channels: number }) =>
  Float32Array.from(normal(key(from), size * size * channels))
/** The picture whose pixel (row, column) is the given one of another; undefined stays out of a comparison. */
const rearranged =
  (
    { size, channels }: { readonly size: number; readonly channels: number },
    of: (row: number, column: number) => readonly [number, number],
  ) =>
  (image: ArrayLike<number>): Float64Array =>
    Float64Array.from({ length: size * size * channels }, (_, i) => {
      const pixel = Math.floor(i / channels)
      const [row, column] = of(Math.floor(pixel / size), pixel % size)
      return image[(row * size + column) * channels + (i % channels)] ?? Number.NaN
    })

// ------------------------------------------------------------------------------------------------- exact ones
t.test('probability 0 is the picture itself with a label of zeros, and so is a label of zeros', async () =>
  fc.assert(
    fc.property(seed, shapes, (from, shape) => {
      const image = pictureOf(from, shape)
      const seen = edmAugmentation({ ...shape, probability: 0 })(key(from), image)
      return seen.image === image && same(seen.augment, none) && augmentedBy(shape)(none, image) === image
    }),
    { numRuns: 20 },
  ),
)

t.test('flips are exact permutations, their own inverses; a turn by pi is both, by pi / 2 a transposition', async () =>
  fc.assert(
    fc.property(seed, shapes, (from, shape) => {
      const [image, by, n] = [pictureOf(from, shape), augmentedBy(shape), shape.size - 1]
      const [leftRight, upDown] = [rearranged(shape, (r, c) => [r, n - c]), rearranged(shape, (r, c) => [n - r, c])]
      return (
        same(by(xFlip, image), leftRight(image)) &&
        same(by(yFlip, image), upDown(image)) &&
        [xFlip, yFlip].every((flip) => same(by(flip, by(flip, image)), image)) &&
        same(by(xFlip.with(1, 1), image), upDown(leftRight(image))) &&
        near(by(turned(Math.PI), image), upDown(leftRight(image))) &&
        // from the x axis towards the y axis, which points down: what was at the top is on the right
        near(by(turned(Math.PI / 2), image), rearranged(shape, (r, c) => [n - c, r])(image)) &&
        near(by(turned(0), image), image) &&
        near(by(turned(2 * Math.PI), image), image)
      )
    }),
    { numRuns: 30 },
  ),
)

t.test('a move by whole pixels is exact where it should be; what comes in is the mirror image', async () =>
  fc.assert(
    fc.property(
      seed,
      fc.constantFrom(4, 8),
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -3, max: 3 }),
      (from, size, x, y) => {
        const shape = { size, channels: 2 }
        const image = pictureOf(from, shape)
        const mirror = (i: number): number => (i < 0 ? -1 - i : i >= size ? 2 * size - 1 - i : i)
        return same(
          augmentedBy(shape)(moved(size, x, y), image),
          rearranged(shape, (r, c) => [mirror(r - y), mirror(c - x)])(image),
        )
      },
    ),
    { numRuns: 40 },
  ),
)

t.test('three times as large, every third pixel about the middle is one of the picture', async () =>
  fc.assert(
    fc.property(seed, fc.constantFrom(7, 9), (from, size) => {
      const shape = { size, channels: 1 }
      const image = pictureOf(from, shape)
      const large = augmentedBy(shape)(labelled(2, Math.log2(3) / 0.2), image)
      const middle = (size - 1) / 2
      const about = (of: ArrayLike<number>, step: number): readonly number[] =>
        [-step, 0, step].flatMap((r) => [-step, 0, step].map((c) => of[(middle + r) * size + middle + c] ?? Number.NaN))
      return near(about(large, 3), about(image, 1))
    }),
    { numRuns: 20 },
  ),
)

// ------------------------------------------------------------------------------------------- a smooth function
const side = 16
/** cos(pi m (x + 1/2) / 16) cos(pi l (y + 1/2) / 16): it continues beyond the edges as its own mirror image. */
const smooth = (m: number, l: number) => {
  const wave = (k: number, at: number): number => Math.cos((Math.PI * k * (at + 0.5)) / side)
  return (x: number, y: number): number => wave(m, x) * wave(l, y)
}
const onPixels = (f: (x: number, y: number) => number): Float64Array =>
  Float64Array.from({ length: side * side }, (_, i) => f(i % side, Math.floor(i / side)))

/** Where the point of a picture that comes to stand at (x, y) was: the transformations undone by hand, the last one first. */
const before = ([a0 = 0, a1 = 0, a2 = 0, c = 0, s = 0, u = 0, v = 0, x7 = 0, y8 = 0]: Label, x: number, y: number) => {
  const middle = (side - 1) / 2
  let [p, q] = [x - middle - (side / 8) * x7, y - middle - (side / 8) * y8]
  const [r, along] = [Math.hypot(u, v), Math.atan2(v, u)]
  const factor = 2 ** (0.2 * r)
  const [far, across] = [Math.cos(along) * p + Math.sin(along) * q, Math.cos(along) * q - Math.sin(along) * p]
  ;[p, q] = [
    (Math.cos(along) * far) / factor - Math.sin(along) * across * factor,
    (Math.sin(along) * far) / factor + Math.cos(along) * across * factor,
  ]
  ;[p, q] = [(1 + c) * p + s * q, (1 + c) * q - s * p]
  const scale = 2 ** (0.2 * a2)
  return [(p / scale) * (1 - 2 * a0) + middle, (q / scale) * (1 - 2 * a1) + middle] as const
}
const wide = evenly(-1.5, 1.5)
const anyLabel: fc.Arbitrary<Label> = fc
  .tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1), wide, evenly(-Math.PI, Math.PI), wide, wide, wide, wide)
  .map(([a, b, scale, t, ...rest]) => [a, b, scale, Math.cos(t) - 1, Math.sin(t), ...rest])

/** Keys' kernel and its widening are off by less: of a wave of at most 0.4 radians a pixel, made smaller by up to 1.6. */
const bound = 0.015

t.test('a smooth function augmented is that function at the transformed coordinates', async () =>
  fc.assert(
    fc.property(anyLabel, fc.nat(2), fc.nat(2), (label, m, l) => {
      const f = smooth(m, l)
      const expected = onPixels((x, y) => f(...before(label, x, y)))
      return apart(augmentedBy({ size: side, channels: 1 })(label, onPixels(f)), expected) < bound
    }),
    { numRuns: 60 },
  ),
)

t.test(
  "a picture that is not made smaller is Keys' cubic, of third order: half the step, an eighth of the error",
  async (t) => {
    const error = (m: number): number => {
      const label = turned(0.3).with(7, 0.31)
      const f = smooth(m, m)
      return apart(
        augmentedBy({ size: side, channels: 1 })(label, onPixels(f)),
        onPixels((x, y) => f(...before(label, x, y))),
      )
    }
    const [coarse, fine] = [error(4), error(2)]
    t.ok(coarse / fine > 6.5 && fine < 2e-3, `${coarse} and ${fine}`)
  },
)

t.test(
  'stripes of pixels made narrower are grey: nothing too fine is left to alias; along them nothing is lost',
  async (t) => {
    const [across, down] = [onPixels((x) => (x % 2 === 0 ? 1 : -1)), onPixels((_, y) => (y % 2 === 0 ? 1 : -1))]
    const contrast = (label: Label, image: Float64Array): number => {
      const seen = augmentedBy({ size: side, channels: 1 })(label, image)
      // where the mirror image begins, two stripes of one colour meet
      const inside = Array.from(seen).filter((_, i) => [i % side, Math.floor(i / side)].every((p) => p > 5 && p < 10))
      return Math.max(...inside.map(Math.abs))
    }
    const smaller = labelled(2, Math.log2(0.55) / 0.2)
    t.ok(contrast(smaller, across) < 0.01 && contrast(smaller, down) < 0.01)
    // half as high and twice as wide: the middle lies between two stripes
    const flat = labelled(5, Math.log2(1.8) / 0.2, 0)
    t.ok(contrast(flat, down) < 0.01)
    t.ok(contrast(flat, across) > 0.7)
    const high = labelled(5, 0, Math.log2(1.8) / 0.2)
    t.ok(contrast(high, across) < 0.01)
    t.ok(contrast(high, down) > 0.7)
  },
)

// ------------------------------------------------------------------------------------------------------ labels
t.test('the parameters can be read back from the label, and zeros are no transformation', async () =>
  fc.assert(
    fc.property(
      evenly(-3, 3),
      evenly(-3, 3),
      evenly(-3.1, 3.1),
      fc.integer({ min: 1, max: 64 }),
      (a, b, angle, size) => {
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
        const map = (label: Label) => {
          const { xx, xy, yx, yy, x0, y0 } = augmentMap(label, size)
          return [xx, xy, yx, yy, x0, y0]
        }
        const factor = 2 ** (0.2 * a)
        const r = Math.abs(b)
        const [long, short] = [2 ** (0.2 * r), 2 ** (-0.2 * r)]
        const mixed = (long - short) * cos * sin
        return (
          same(map(none), [1, 0, 0, 1, 0, 0]) &&
          same(map(xFlip), [-1, 0, 0, 1, 0, 0]) &&
          same(map(yFlip), [1, 0, 0, -1, 0, 0]) &&
          near(map(labelled(2, a)), [factor, 0, 0, factor, 0, 0]) &&
          near(map(turned(angle)), [cos, -sin, sin, cos, 0, 0]) &&
          near(map(labelled(5, r * cos, r * sin)), [
            ...[long * cos ** 2 + short * sin ** 2, mixed, mixed, long * sin ** 2 + short * cos ** 2],
            ...[0, 0],
          ]) &&
          near(map(labelled(7, a, b)), [1, 0, 0, 1, (size * a) / 8, (size * b) / 8])
        )
      },
    ),
    { numRuns: 60 },
  ),
)

/** Places of the label's numbers by transformation, in the order of the table. */
const places = [[0], [1], [2], [3, 4], [5, 6], [7, 8]] as const
const count = 4000
const draws = (probability: number): readonly Float64Array[] =>
  Array.from({ length: count }, (_, i) => augmentLabel(probability)(fold(key(7), i)))
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length
/** A mean of n numbers of this variance lies within five deviations of what it should be. */
const within = (n: number, variance: number): number => 5 * Math.sqrt(variance / n)

t.test(
  'each transformation is applied with its probability, independently; x-flip and y-flip flip half of those',
  async (t) => {
    const p = 0.4
    const all = draws(p)
    const share = (place: readonly number[]): number =>
      mean(all.map((label) => (place.some((i) => label[i] !== 0) ? 1 : 0)))
    const expected = [0.5, p / 2, p, p, p, p]
    t.same(
      transforms.map(({ width }) => width),
      places.map(({ length }) => length),
    )
    places.forEach((place, i) => {
      const wanted = expected[i] ?? Number.NaN
      t.ok(
        Math.abs(share(place) - wanted) < within(count, wanted * (1 - wanted)),
        `${transforms[i]?.name}: ${share(place)}`,
      )
    })
    const applied = places.map((place) => all.map((label) => (place.some((i) => label[i] !== 0) ? 1 : 0)))
    applied.forEach((a, i) => {
      for (const [j, b] of applied.entries()) {
        if (j <= i) continue
        const [one, other] = [mean(a), mean(b)]
        const both = mean(a.map((x, n) => x * (b[n] ?? Number.NaN)))
        t.ok(
          Math.abs(both - one * other) < within(count, one * other),
          `${transforms[i]?.name} and ${transforms[j]?.name}`,
        )
      }
    })
  },
)

t.test('the parameters have their distributions', async (t) => {
  const all = draws(0.999)
  const of = (f: (label: Float64Array) => number): readonly number[] =>
    all.filter((label) => label[2] !== 0 && label[3] !== 0 && label[5] !== 0 && label[7] !== 0).map(f)
  const entry =
    (i: number) =>
    (label: Float64Array): number =>
      label[i] ?? Number.NaN
  const angle = (c: number, s: number): number => Math.atan2(s, c) / Math.PI
  const normals = { scale: entry(2), right: entry(7), down: entry(8) }
  for (const [name, f] of Object.entries(normals)) {
    const xs = of(f)
    t.ok(Math.abs(mean(xs)) < within(count, 1), `${name}: mean ${mean(xs)}`)
    t.ok(Math.abs(mean(xs.map((x) => x * x)) - 1) < within(count, 2), `${name}: variance`)
    t.ok(Math.abs(mean(xs.map((x) => x ** 4)) - 3) < within(count, 96), `${name}: fourth moment`)
  }
  const angles = {
    rotation: of((label) => angle(1 + entry(3)(label), entry(4)(label))),
    anisotropy: of((label) => angle(entry(5)(label), entry(6)(label))),
  }
  for (const [name, xs] of Object.entries(angles)) {
    t.ok(Math.abs(mean(xs)) < within(count, 1 / 3), `${name}: mean ${mean(xs)}`)
    t.ok(Math.abs(mean(xs.map((x) => x * x)) - 1 / 3) < within(count, 4 / 45), `${name}: variance`)
  }
  const lengths = of((label) => Math.hypot(entry(5)(label), entry(6)(label)))
  t.ok(
    Math.abs(mean(lengths) - Math.sqrt(2 / Math.PI)) < within(count, 1 - 2 / Math.PI),
    'magnitude of a normal number',
  )
  t.ok(Math.abs(mean(lengths.map((x) => x * x)) - 1) < within(count, 2), 'of variance 1')
  const pairs = [
    [of(entry(2)), of(entry(7))],
    [of(entry(7)), of(entry(8))],
    [of(entry(2)), angles.rotation],
    [angles.rotation, angles.anisotropy],
    [of(entry(8)), lengths.map((x) => x - Math.sqrt(2 / Math.PI))],
  ] as const
  for (const [i, [a, b]] of pairs.entries())
    t.ok(Math.abs(mean(a.map((x, n) => x * (b[n] ?? Number.NaN)))) < within(count, 1), `pair ${i} is independent`)
  t.ok(
    all.every((label) => Math.abs((1 + entry(3)(label)) ** 2 + entry(4)(label) ** 2 - 1) < 1e-12),
    'cos^2 + sin^2 = 1',
  )
})

// ----------------------------------------------------------------------------------------------------- own key
const tiny = { size: 4, channels: 1 }
const plain = { distribution: lognormal(edmNoise), labelDropout: 0.3 }
const augmenting = { ...plain, augmentation: edmAugmentation({ ...tiny, probability: 0.6 }) }
const example = (i: number) => ({ image: pictureOf(i, tiny), label: i % 3 })

t.test('noise, noise level and label dropout of an image are what they are without augmentation', async () =>
  fc.assert(
    fc.property(seed, fc.nat(1e6), (from, i) => {
      const own: Key = fold(key(from), i)
      const [bare, seen] = [noised(plain)(own, example(i)), noised(augmenting)(own, example(i))]
      return (
        same(bare.noise, seen.noise) &&
        bare.sigma === seen.sigma &&
        bare.label === seen.label &&
        seen.augment !== undefined
      )
    }),
    { numRuns: 30 },
  ),
)

t.test(
  "the key of an augmentation is of that alone: neither the image's nor that of its noise, level or dropout",
  async () =>
    fc.assert(
      fc.property(seed, fc.nat(1e6), (from, i) => {
        const own: Key = fold(key(from), i)
        const used: Key[] = []
        const spy = (of: Key) => {
          used.push(of)
          return { image: new Float64Array(1), augment: new Float64Array(augmentLabels) }
        }
        noised({ ...plain, augmentation: spy })(own, example(i))
        const others = [own, ...[0, 1, 2].map((child) => fold(own, child))].map(text)
        return used.length === 1 && used.every((of) => !others.includes(text(of)))
      }),
      { numRuns: 20 },
    ),
)

t.test('the augmentation of an image is not derived from its noise, its level or its label dropout', async (t) => {
  const all = Array.from({ length: count }, (_, i) => noised(augmenting)(fold(key(3), i), example(i % 5)))
  const size = (of: (typeof all)[number]): number => Math.log(of.sigma)
  const flips = all.map(({ augment }) => 2 * (augment?.[0] ?? Number.NaN) - 1)
  const others = {
    noise: all.map(({ noise }) => noise[0] ?? Number.NaN),
    level: all.map((each) => (size(each) - edmNoise.mean) / edmNoise.std),
    dropout: all.map(({ label }) => ((label === null ? 1 : 0) - 0.3) / Math.sqrt(0.21)),
  }
  for (const [name, xs] of Object.entries(others)) {
    t.ok(Math.abs(mean(xs.map((x, i) => x * (flips[i] ?? Number.NaN)))) < within(count, 1), name)
    for (const place of [2, 7, 8]) {
      const numbers = all.map(({ augment }) => augment?.[place] ?? Number.NaN)
      t.ok(Math.abs(mean(xs.map((x, i) => x * (numbers[i] ?? Number.NaN)))) < within(count, 1), `${name} and ${place}`)
      t.ok(
        xs.every((x, i) => numbers[i] === 0 || Math.abs(x - (numbers[i] ?? Number.NaN)) > 1e-9),
        `${name} is not ${place}`,
      )
    }
  }
})

t.test('an image and its label are the same in batches of any size, from any start', async () =>
  fc.assert(
    fc.property(
      seed,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(1000),
      (from, a, b, start) => {
        const of = (batch: number, at: number) =>
          noisedBatches(augmenting, key(from), example, { process: edm(0.5), classes: 3, augmentLabels, batch })(at)
        const [whole, first, second] = [of(a + b, start), of(a, start), of(b, start + a)]
        return (['input', 'target', 'augment'] as const).every((name) =>
          same(whole[name] ?? [], [...(first[name] ?? []), ...(second[name] ?? [])]),
        )
      },
    ),
    { numRuns: 20 },
  ),
)

t.test('the feed is the label of the image beside it; without augmentation it is zeros', async () =>
  fc.assert(
    fc.property(seed, fc.nat(1000), (from, start) => {
      const batching = { process: edm(0.5), classes: 3, augmentLabels, batch: 3 }
      const { augment = [], input } = noisedBatches(augmenting, key(from), example, batching)(start)
      const bare = noisedBatches(plain, key(from), example, batching)(start)
      const each = Array.from({ length: 3 }, (_, i) => noisedAt(augmenting, key(from), example)(start + i))
      const zero = each.map(({ augment }) => augment?.every((v) => v === 0) === true)
      return (
        same(
          augment,
          each.flatMap(({ augment }) => [...(augment ?? [])]),
        ) &&
        same(bare.augment ?? [], new Float64Array(27)) &&
        zero.every(
          (is, i) => is === same(input.subarray(16 * i, 16 * i + 16), bare.input.subarray(16 * i, 16 * i + 16)),
        )
      )
    }),
    { numRuns: 20 },
  ),
)
