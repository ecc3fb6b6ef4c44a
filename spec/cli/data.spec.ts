/** A run's validation images. */
import t from 'tap'
import { validationOf } from '../../src/cli/data.ts'
import { dataset } from '../../src/data/index.ts'
import { edmNoise, lognormal } from '../../src/diffusion/noise/lognormal.ts'
import { key } from '../../src/random/key.ts'

const noising = { distribution: lognormal(edmNoise), labelDropout: 0.9 }
/** Image i is i everywhere, of class i % 3. */
const parts = {
  name: 'numbers',
  classes: ['a', 'b', 'c'],
  channels: 1 as const,
  size: 2,
  pixels: Uint8Array.from({ length: 4 * 99 }, (_, i) => Math.floor(i / 4)),
  labels: Uint8Array.from({ length: 99 }, (_, i) => i % 3),
}
const numbers = dataset(parts)
const shown = (image: ArrayLike<number>): number => Math.round(((image[0] ?? Number.NaN) + 1) * 127.5)

t.test(
  'validation: the held-out images with their own labels, never dropped, and noise fixed by the key',
  async (t) => {
    const images = validationOf(numbers, 100, noising, key(3))
    t.same(
      images.map(({ image }) => shown(image)).sort((a, b) => a - b),
      numbers.heldOut.flat(2).sort((a, b) => a - b),
    )
    t.same(
      images.map(({ label }) => label),
      images.map(({ image }) => shown(image) % 3),
    )
    t.equal(new Set(images.map(({ noise }) => noise.join())).size, images.length, 'each has its own noise')
    t.equal(new Set(images.map(({ sigma }) => sigma)).size, images.length, 'and its own noise level')
    t.same(validationOf(numbers, 2, noising, key(3)), images.slice(0, 2), 'fewer are the first of them')
    t.notSame(
      validationOf(numbers, 1, noising, key(4)).map(({ noise }) => noise),
      images.slice(0, 1).map(({ noise }) => noise),
    )
  },
)

t.test('validation: training images where none are held out', async (t) => {
  const all = numbers.train.map((items, c) => [...items, ...(numbers.heldOut[c] ?? [])])
  const whole = dataset({ ...parts, split: { train: all, heldOut: all.map(() => []) } })
  t.equal(validationOf(whole, 100, noising, key(3)).length, 99)
})
