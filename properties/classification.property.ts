/** Laws of a classifier's batches: what is random of a picture comes from its place in the stream. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { augmented } from '../src/classification/augment.ts'
import { classifiedBatches } from '../src/classification/batch.ts'
import { scored } from '../src/classification/judge.ts'
import { evaluate } from '../src/lower/compile.ts'
import { smoothedCrossEntropy } from '../src/nn/index.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { index, literal, mean } from '../src/tensor/ops.ts'
import { close, draw, seed } from './layers.ts'

const shape = { size: 3, channels: 2, features: 5, dropout: 0.4 }
const examples = (i: number) => ({ image: normal(key(i), 18), label: i % 4 })
const count = fc.integer({ min: 1, max: 5 })

t.test('a picture is the same in batches of any size, from any start', async () =>
  fc.assert(
    fc.property(seed, count, count, fc.nat(1000), (from, a, b, start) => {
      const of = (batch: number, at: number) =>
        classifiedBatches(key(from), examples, { ...shape, batch, augmentation: 1 })(at)
      const [whole, first, second] = [of(a + b, start), of(a, start), of(b, start + a)]
      const joined = (name: 'image' | 'label' | 'keep') => [...first[name], ...second[name]]
      return (['image', 'label', 'keep'] as const).every((name) => joined(name).join() === [...whole[name]].join())
    }),
    { numRuns: 30 },
  ),
)

t.test('dropout drops other features of every picture', async () =>
  fc.assert(
    fc.property(seed, fc.nat(1000), (from, start) => {
      const { keep } = classifiedBatches(key(from), examples, { ...shape, features: 64, batch: 2, augmentation: 1 })(
        start,
      )
      const [first, second] = [keep.subarray(0, 64), keep.subarray(64)]
      const kept = keep.reduce((sum, x) => sum + x, 0)
      return first.join() !== second.join() && kept > 32 && kept < 115
    }),
    { numRuns: 20 },
  ),
)

t.test('pictures at different places are seen differently, and by strength', async () =>
  fc.assert(
    fc.property(seed, fc.double({ min: 0.1, max: 2, noNaN: true }), (from, strength) => {
      const image = normal(key(from), 18)
      const seen = (at: number) => augmented(strength, shape)(fold(key(from), at), image)
      const moved = (xs: ArrayLike<number>) => Math.max(...Array.from(xs, (x, i) => Math.abs(x - (image[i] ?? 0))))
      const [first, again, other] = [seen(0), seen(0), seen(1)]
      return first.join() !== other.join() && moved(first) > 0 && first.join() === again.join()
    }),
    { numRuns: 30 },
  ),
)

t.test('the loss of class scores on the host is the loss that training minimises', () =>
  fc.assert(
    fc.asyncProperty(
      seed,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 2, max: 5 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      async (from, n, classes, smoothing) => {
        const logits = draw(from, [n, classes])
        const labels = Array.from({ length: n }, (_, i) => (from + i) % classes)
        const y = mean(smoothedCrossEntropy(smoothing)(literal(logits, [n, classes]), index('label', [n], classes)))
        const graph = (await evaluate(cpu)({ y }, { label: Float64Array.from(labels) })).y
        return close([scored(logits, labels, { classes, smoothing }).loss], graph)
      },
    ),
    { numRuns: 10 },
  ),
)
