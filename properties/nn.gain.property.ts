/** Laws of initial values that are made smaller, and of the blocks that start near the identity by them. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { beginsBranch } from '../src/diffit/branches.ts'
import { resblock, resblockSpec } from '../src/diffit/resblock.ts'
import { timeToken } from '../src/diffit/timeToken.ts'
import { unitTokenGain } from '../src/diffit/tokens.ts'
import { timeEmbedding } from '../src/diffusion/timeEmbedding.ts'
import { compile } from '../src/lower/compile.ts'
import { image } from '../src/models/image/image.ts'
import { imageDefaults } from '../src/models/image/imageConfig.ts'
import { labelEmbedderSpec, timeEmbedderSpec } from '../src/nn/embedding.ts'
import { gained } from '../src/nn/gain.ts'
import { constant, gaussian, linearWeight, parameter, truncatedGaussian, uniform } from '../src/nn/parameter.ts'
import { byName, encode, flatSize, init, leavesOf, unflatten } from '../src/nn/spec.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { input } from '../src/tensor/ops.ts'
import { evenly } from './evenly.ts'

const spec = {
  constant: parameter([3], constant(2)),
  uniform: parameter([5], uniform(-1, 3)),
  normal: parameter([4], gaussian(0.5)),
  truncated: parameter([4], truncatedGaussian(0.5)),
  weight: linearWeight(3, 4),
}

t.test('the numbers drawn are those of the parameter times its gain; names, places and files stay', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(...Object.keys(spec)), evenly(0, 3), (seed, chosen, gain) => {
      const other = gained(({ name }) => (name === chosen ? gain : 1))(spec)
      const [before, after] = [init(spec)(key(seed)), init(other)(key(seed))]
      const files = (values: Float64Array) =>
        Object.entries(encode(spec)(values)).map(([name, { shape }]) => [name, shape])
      return (
        JSON.stringify(files(after)) ===
          JSON.stringify(Object.entries(encode(other)(after)).map(([n, e]) => [n, e.shape])) &&
        leavesOf(spec).every(({ name, start, size }) =>
          before.subarray(start, start + size).every((x, i) => {
            const y = after[start + i] ?? Number.NaN
            return name === chosen ? Math.abs(y - gain * x) <= 1e-12 : y === x
          }),
        )
      )
    }),
  )
  t.end()
})

t.test('a gain that is no number of at least 0 is an error', async (t) => {
  for (const gain of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => gained(() => gain)(spec), {
      message: `the gain of constant is ${gain}, expected a number of at least 0`,
    })
})

t.test(
  'a new ResBlock adds to its input the answer of its convolution: a fifth of it with a gain of a fifth',
  async () => {
    const c = { from: 8, width: 8, time_width: 4, heads: 2, window: 2, mlp_ratio: 2 }
    const tree = { blocks: [resblockSpec(c)] }
    const named = byName(tree)
    const [theta, x, xt] = [input('theta', [flatSize(named)]), input('x', [1, 4, 4, 8]), input('xt', [1, 4])]
    const [p] = unflatten(tree)(theta).blocks
    if (p === undefined) throw new Error('there is a block')
    const executable = await compile(cpu)({ outputs: { y: resblock(c)(p)(x, xt) } })
    const added = async (seed: number, gain: number): Promise<Float64Array> => {
      const from = normal(fold(key(seed), 1), 128)
      const values = init(gained((leaf) => (beginsBranch(leaf) ? gain : 1))(named))(key(seed))
      const { y } = await executable.run({ theta: values, x: from, xt: normal(fold(key(seed), 2), 4) })
      return Float64Array.from(y, (v, i) => v - (from[i] ?? Number.NaN))
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(), evenly(0.01, 1), async (seed, gain) => {
        const [whole, part] = [await added(seed, 1), await added(seed, gain)]
        return Math.hypot(...whole) > 0.1 && part.every((v, i) => Math.abs(v - gain * (whole[i] ?? Number.NaN)) < 1e-12)
      }),
      { numRuns: 20 },
    )
    await executable.dispose()
  },
)

t.test('in the image model they are the 3 x 3 convolutions of its ResBlocks, and nothing else', async (t) => {
  const { spec: all, branches } = image.of({ ...imageDefaults, widths: [8, 16], depths: [2, 1], time_width: 4 })
  t.strictSame(
    leavesOf(all).flatMap((leaf) => (branches(leaf) ? [leaf.name] : [])),
    [
      'down.0.blocks.0.conv.weight',
      'down.0.blocks.1.conv.weight',
      'down.1.blocks.0.conv.weight',
      'up.0.blocks.0.conv.weight',
      'up.0.blocks.1.conv.weight',
    ],
  )
})

t.test('with their gains the tokens of times and labels are of unit size, whatever their width', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.constantFrom(128, 192, 512), evenly(-2, 1.1), async (seed, width, time) => {
      const tree = { t_embedder: timeEmbedderSpec(width), y_embedder: labelEmbedderSpec(3, width) }
      const named = gained((leaf) => unitTokenGain(leaf) ?? 1)(tree)
      const [theta, sinusoids, labels] = [
        input('theta', [flatSize(named)]),
        input('sinusoids', [1, 256]),
        input('labels', [1, 4]),
      ]
      const token = timeToken(unflatten(tree)(theta))(sinusoids, labels)
      const executable = await compile(cpu)({ outputs: { token } })
      const of = async (label: readonly number[]): Promise<Float64Array> =>
        Float64Array.from(
          (
            await executable.run({
              theta: init(named)(key(seed)),
              sinusoids: [Array.from(timeEmbedding(256)(time))],
              labels: [label],
            })
          ).token,
        )
      const [timeAlone, both] = [await of([0, 0, 0, 0]), await of([0, 1, 0, 0])]
      await executable.dispose()
      const variance = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0) / width
      const row = both.map((v, i) => v - (timeAlone[i] ?? Number.NaN))
      // the mean of 128 squares of unit variance is farther from 1 than this in one draw of 100,000
      return Math.abs(variance(row) - 1) < 0.6 && variance(timeAlone) > 0.3 && variance(timeAlone) < 3
    }),
    { numRuns: 12 },
  )
})
