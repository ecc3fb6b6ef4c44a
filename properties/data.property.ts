/** Laws of the stream of training images. */
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { folderOf, numbered, right } from '../spec/data/dataset.ts'
import { bytes, idxFile } from '../spec/data/files.ts'
import { batches, examples, mirrored, validation, validationPictures } from '../src/data/batches.ts'
import { cifar10 } from '../src/data/cifar10.ts'
import type { Dataset } from '../src/data/dataset.ts'
import { holdOut } from '../src/data/dataset.ts'
import { idx } from '../src/data/idx.ts'
import { average, framed } from '../src/data/resize.ts'
import { fold, key } from '../src/random/key.ts'

const keys = fc.maxSafeInteger().map(key)
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 })
const sets = fc.tuple(sizes, fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean()).map((a) => numbered(...a))
const positions = fc.nat({ max: 10_000 })
/** The index shown by an image of `numbered`, and whether it is mirrored. */
const shows = (image: Float32Array): { readonly i: number; readonly flipped: boolean } => {
  const [left = 0, right = 0] = Array.from(image, (x) => Math.round((x + 1) * 127.5))
  return { i: Math.min(left, right), flipped: left === 255 }
}
const drawn = (set: Dataset, k: ReturnType<typeof key>, from: number, n: number): readonly number[] => {
  const at = examples(set, k)
  return Array.from({ length: n }, (_, j) => shows(at(from + j).image).i)
}
const each = 4

t.test('a batch is its micro-batches: nothing depends on how the stream is split, or where it was resumed', async () =>
  fc.assert(
    fc.property(sets, keys, positions, fc.nat({ max: 12 }), fc.nat({ max: 12 }), (set, k, from, a, b) => {
      const whole = batches(set, k)(from, a + b)
      const [one, two] = [batches(set, k)(from, a), batches(set, k)(from + a, b)]
      return (
        isDeepStrictEqual([...whole.images], [...one.images, ...two.images]) &&
        isDeepStrictEqual([...whole.labels], [...one.labels, ...two.labels]) &&
        isDeepStrictEqual(whole.keys, [...one.keys, ...two.keys]) &&
        whole.keys.every((own, j) => isDeepStrictEqual(own, fold(k, from + j)))
      )
    }),
  ),
)

t.test('positions may be accessed in any order', async () =>
  fc.assert(
    fc.property(sets, keys, fc.array(positions, { maxLength: 10 }), (set, k, asked) => {
      const at = examples(set, k)
      return asked.every((position) => isDeepStrictEqual(at(position), examples(set, k)(position)))
    }),
  ),
)

t.test('balanced: every run of as many positions as classes shows each class once', async () =>
  fc.assert(
    fc.property(sizes, keys, positions, (s, k, run) => {
      const { labels } = batches(numbered(s, 1, true, false), k)(run * s.length, s.length)
      return new Set(labels).size === s.length
    }),
  ),
)

t.test('balanced: within a class every item is shown once before any repeats', async () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      keys,
      fc.nat({ max: 50 }),
      (n, classes, k, epoch) => {
        const s = Array.from({ length: classes }, () => n)
        return new Set(drawn(numbered(s, 1, true, false), k, epoch * n * classes, n * classes)).size === n * classes
      },
    ),
  ),
)

t.test('natural: every item of the data set is shown once per epoch', async () =>
  fc.assert(
    fc.property(sizes, keys, fc.nat({ max: 50 }), (s, k, epoch) => {
      const total = s.reduce((a, b) => a + b, 0)
      return new Set(drawn(numbered(s, 1, false, false), k, epoch * total, total)).size === total
    }),
  ),
)

t.test('labels are those of the images, and images are mirrored only where their class allows', async () =>
  fc.assert(
    fc.property(sets, keys, positions, (set, k, position) => {
      const { image, label } = examples(set, k)(position)
      const { i, flipped } = shows(image)
      return set.label(i) === label && (!flipped || set.flips[label] === true)
    }),
  ),
)

t.test('every variant and both mirrorings occur', async (t) => {
  const at = examples(numbered([1], 3, true, true), key(5))
  const seen = Array.from({ length: 100 }, (_, p) => shows(at(p).image))
  t.equal(new Set(seen.map(({ i, flipped }) => `${i} ${flipped}`)).size, 6)
})

t.test('another key is another stream, another epoch another order', async (t) => {
  const set = numbered([40], 1, true, false)
  t.notSame(drawn(set, key(1), 0, 40), drawn(set, key(2), 0, 40))
  t.notSame(drawn(set, key(1), 0, 40), drawn(set, key(1), 40, 40))
})

t.test('an empty training set is an error', async (t) => {
  t.throws(() => examples(numbered([], 1, true, false), key(0)), /numbered has nothing to train on/)
})

t.test('mirrored twice is itself', async () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.constantFrom(1, 3), keys, (n, c, k) => {
      const image = Float32Array.from({ length: n * n * c }, (_, i) => i + k[0])
      return isDeepStrictEqual(mirrored(mirrored(image, n, c), n, c), image)
    }),
  ),
)

t.test(
  'validation: the first variant of an item, none twice, never mirrored, the first n of m are the n, cycling through classes',
  async () =>
    fc.assert(
      fc.property(sets, keys, fc.nat({ max: 30 }), fc.nat({ max: 30 }), (set, k, a, b) => {
        const [n, m] = [Math.min(a, b), Math.max(a, b)]
        const [few, many] = [validationPictures(set, n), validationPictures(set, m)]
        const shown = validation(set, k, m)
        const counts = set.classes.map((_, c) =>
          Math.min(set.heldOut[c]?.length ?? 0, many.filter((i) => set.label(i) === c).length),
        )
        const full = set.heldOut.map((items, c) => items.length === counts[c])
        const open = counts.filter((_, c) => !full[c])
        return (
          isDeepStrictEqual(few, many.slice(0, n)) &&
          new Set(many).size === many.length &&
          many.every((i) => set.heldOut.some((items) => items.some(([first]) => first === i))) &&
          (open.length === 0 || Math.max(...counts) - Math.min(...open) <= 1) &&
          many.every((i, j) =>
            isDeepStrictEqual([...shown.images.subarray(j * each, (j + 1) * each)], [...set.image(i)]),
          )
        )
      }),
    ),
)

t.test('holdOut splits by item, takes some of every class with two or more, and is deterministic', async () =>
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 20 }), (s, variants, oneIn) => {
      const { train: groups } = numbered(s, variants, true, false)
      const { train, heldOut } = holdOut(groups, oneIn)
      const sorted = (all: readonly (readonly number[])[]): readonly string[] => all.map(String).sort()
      return groups.every((items, c) => {
        const [kept, held] = [train[c] ?? [], heldOut[c] ?? []]
        return (
          isDeepStrictEqual(sorted([...kept, ...held]), sorted(items)) &&
          kept.length > 0 &&
          held.length > 0 === items.length > 1
        )
      })
    }),
  ),
)

t.test('average preserves a constant image, the mean and the bounds; framed preserves the image', async () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(1, 3),
      fc.infiniteStream(fc.nat(255)),
      (a, b, c, stream) => {
        const [to, from] = [Math.min(a, b), Math.max(a, b)]
        const picture = Uint8Array.from(stream.take(from * from * c))
        const mean = (xs: Uint8Array): number => xs.reduce((x, y) => x + y, 0) / xs.length
        const small = average(picture, from, to, c)
        const large = framed(small, to, from, c, 7)
        const [low, high] = [Math.min(...picture), Math.max(...picture)]
        return (
          small.every((x) => x >= low && x <= high) &&
          Math.abs(mean(small) - mean(picture)) <= 0.5 &&
          average(new Uint8Array(from * from * c).fill(9), from, to, c).every((x) => x === 9) &&
          Math.abs(mean(large) * large.length - mean(small) * small.length - 7 * (large.length - small.length)) < 1e-6
        )
      },
    ),
  ),
)

/** The contents of each split of a data set, image by image, in the order of the files. */
const contents = (set: Dataset, part: 'train' | 'heldOut'): readonly (readonly [string | undefined, ...number[]])[] =>
  set[part]
    .flat(2)
    .sort((a, b) => a - b)
    .map((i) => [set.classes[set.label(i)], ...bytes(set.image(i))])

const labelled = (classes: number, side: number, min: number) =>
  fc.array(fc.tuple(fc.nat({ max: classes - 1 }), fc.uint8Array({ minLength: side, maxLength: side })), {
    minLength: min,
    maxLength: 12,
  })

t.test('idx: each split holds the images and labels of its own files only', async (t) =>
  fc.assert(
    fc.asyncProperty(labelled(4, 4, 1), labelled(4, 4, 0), fc.boolean(), async (train, some, zip) => {
      const test = some.filter(([label]) => train.some(([known]) => known === label))
      const files = (name: string, all: typeof train): readonly (readonly [string, Uint8Array])[] => [
        [
          `${name}-images-idx3-ubyte`,
          idxFile(
            [all.length, 2, 2],
            all.flatMap(([, picture]) => [...picture]),
          ),
        ],
        [
          `${name}-labels-idx1-ubyte`,
          idxFile(
            [all.length],
            all.map(([label]) => label),
          ),
        ],
      ]
      const all = [...files('train', train), ...files('t10k', test)]
      const zipped = all.map(([name, file]) => [zip ? `${name}.gz` : name, zip ? gzipSync(file) : file] as const)
      const set = right(await idx(await folderOf(t, Object.fromEntries(zipped)), 2)())
      const expected = (part: typeof train) => part.map(([label, picture]) => [String(label), ...picture])
      return (
        isDeepStrictEqual(contents(set, 'train'), expected(train)) &&
        isDeepStrictEqual(contents(set, 'heldOut'), expected(test)) &&
        set.train.every((items) => items.length > 0)
      )
    }),
    { numRuns: 40 },
  ),
)

t.test('cifar10: five files are the training set and the sixth is held out, image by image', async (t) =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 9 }), { minLength: 12, maxLength: 12 }), async (labels) => {
      // image i is one colour, [i, 2 i, 3 i]
      const record = (i: number): readonly number[] => [
        labels[i] ?? Number.NaN,
        ...[1, 2, 3].flatMap((c) => new Array<number>(1024).fill(c * i)),
      ]
      const names = [...[1, 2, 3, 4, 5].map((n) => `data_batch_${n}`), 'test_batch']
      const files = names.map((name, f) => [`${name}.bin`, Uint8Array.from([...record(2 * f), ...record(2 * f + 1)])])
      const set = right(await cifar10(await folderOf(t, Object.fromEntries(files)), 1, 2)())
      const expected = labels.map((label, i) => [set.classes[label], i, 2 * i, 3 * i])
      return (
        isDeepStrictEqual(contents(set, 'train'), expected.slice(0, 10)) &&
        isDeepStrictEqual(contents(set, 'heldOut'), expected.slice(10))
      )
    }),
    { numRuns: 10 },
  ),
)
