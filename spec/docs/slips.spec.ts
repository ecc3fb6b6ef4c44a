/** The numbers of docs/diffit.md's table of slips, each computed here by what was meant and by the slip. */
import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { groupsOf, resblock, resblockSpec } from '../../src/diffit/resblock.ts'
import { oneHot } from '../../src/diffusion/labels.ts'
import { frechetDistance } from '../../src/evaluation/frechetDistance.ts'
import { gaussianOf, momentsOf } from '../../src/evaluation/moments.ts'
import { evaluate } from '../../src/lower/compile.ts'
import { conv } from '../../src/nn/conv.ts'
import { labelEmbedder, labelEmbedderSpec } from '../../src/nn/embedding.ts'
import { groupNorm } from '../../src/nn/norm.ts'
import { flatSize, init, unflatten } from '../../src/nn/spec.ts'
import { fold, key, normal } from '../../src/random/key.ts'
import { add, full, input, silu, square, sum, type Tensor } from '../../src/tensor/ops.ts'
import { grad } from '../../src/transform/grad.ts'

const [, section = ''] =
  /\n## The slips of the notebook\n(.*?)\n## /s.exec(await readFile('docs/diffit.md', 'utf8')) ?? []
/** The row of a slip, which says these. */
const says = (t: Test, slip: string, ...numbers: readonly (number | string)[]): void => {
  const row = section.split('\n').find((line) => line.startsWith(`| ${slip}`))
  for (const n of numbers) t.ok(row?.includes(`${n}`), `"${slip}" says ${n}: ${row}`)
}

t.test('alpha-bar off by one', async (t) => {
  const betas = Array.from({ length: 1000 }, (_, i) => 1e-4 + (i * (0.02 - 1e-4)) / 999)
  let product = 1
  const sigmas = betas.map((beta) => {
    product *= 1 - beta
    return Math.sqrt(1 / product - 1)
  })
  const late = [0, ...sigmas.slice(0, -1)]
  const ratio = (i: number): number => (late.at(i) ?? Number.NaN) / (sigmas.at(i) ?? Number.NaN)
  t.equal(ratio(0), 0)
  says(t, 'alpha-bar', `${(100 * (1 - ratio(1))).toFixed(0)} %`, `${(100 * (1 - ratio(-1))).toFixed(1)} %`)
  const posterior = (i: number): number => (betas[i] ?? Number.NaN) / (1 - 1 / (1 + (late[i] ?? Number.NaN) ** 2))
  t.equal(posterior(0), Number.POSITIVE_INFINITY, 'beta / (1 - alpha-bar) of the first timestep')
})

t.test('guidance strongest at high noise', async (t) => {
  const scale = (left: number): number => 1.4 * (1 - Math.cos(Math.PI * left ** 4)) + 1
  says(t, 'guidance', scale(0.1).toFixed(2), scale(0.9).toFixed(2), 3.8)
})

t.test('a null label that is never dropped to has no gradient', async (t) => {
  const spec = labelEmbedderSpec(2, 3)
  const gradientOf = async (labels: readonly (number | null)[]): Promise<readonly number[]> => {
    const table = input('table', [3, 3])
    const loss = (w: Tensor): Tensor =>
      sum(square(labelEmbedder({ embedding_table: { weight: w } })(input('labels', [2, 3]))))
    const { y } = await evaluate(cpu)(
      { y: grad(loss)(table) },
      { table: init(spec)(key(1)).subarray(0, 9), ...oneHot(labels, 2) },
    )
    return Array.from(y ?? []).slice(6)
  }
  t.same(await gradientOf([0, 1]), [0, 0, 0])
  t.ok((await gradientOf([0, null])).every((v) => v !== 0))
  says(t, 'the null label', 2.8)
})

t.test('a ResBlock that adds the output of its convolution', async (t) => {
  const [width, size, depth] = [16, 8, 8]
  const config = { from: width, width, heads: 4, window: 4, time_width: 4, mlp_ratio: 4 }
  const spec = Array.from({ length: depth }, () => resblockSpec(config))
  const p = unflatten(spec)(input('theta', [flatSize(spec)]))
  const [x, xt] = [input('x', [1, size, size, width]), full(1, [1, 4])]
  const meant = p.reduce((y: Tensor, each) => resblock(config)(each)(y, xt), x)
  // at first a block is the identity, and what is added is its input, the convolution's output, once more
  const slip = p.reduce((y: Tensor, each) => {
    const inside = conv({ stride: 1 })(each.conv)(silu(groupNorm(groupsOf(width))(each.norm)(y)))
    return add(inside, inside)
  }, x)
  const image = normal(key(2), size * size * width)
  const found = await evaluate(cpu)({ meant, slip }, { theta: init(spec)(key(3)), x: image })
  const cosine = (y: ArrayLike<number> = []): number => {
    const [xy, yy, xx] = Array.from(y).reduce(
      ([a, b, c], v, i) => [a + v * (image[i] ?? Number.NaN), b + v * v, c + (image[i] ?? Number.NaN) ** 2],
      [0, 0, 0],
    )
    return xy / Math.sqrt(xx * yy)
  }
  says(t, 'a ResBlock', cosine(found.meant).toFixed(2), Math.abs(cosine(found.slip)).toFixed(2))
})

t.test('a position bias over a flattened window', async (t) => {
  const counted = (w: number) => {
    const cells = Array.from({ length: w * w }, (_, i) => [Math.floor(i / w), i % w] as const)
    const pairs = cells.flatMap(([y, x], i) => cells.map(([v, u], j) => [`${y - v},${x - u}`, i - j] as const))
    return [new Set(pairs.map(([offset]) => offset)).size, new Set(pairs.map(([, flat]) => flat)).size] as const
  }
  says(t, 'a position bias', ...counted(4), ...counted(8))
})

t.test('a subset of classes with the old labels', async (t) => {
  t.throws(
    () => oneHot([731], 500),
    new RangeError('label 731 of image 0: expected a whole number of at least 0, below 500'),
  )
})

t.test('a distance of ten pictures', async (t) => {
  const f = 64
  const of = (n: number, i: number) => gaussianOf(momentsOf(normal(fold(key(5), i), n * f), f))
  const distance = (n: number): number => frechetDistance(of(n, 0), of(5000, 1))
  says(t, 'a FID', distance(10).toFixed(0), distance(5000).toFixed(1))
})
