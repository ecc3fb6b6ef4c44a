/** Laws of the vocabulary of layers: their gradients, and what they are in plain numbers. */
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { evaluate } from '../src/lower/compile.ts'
import * as nn from '../src/nn/index.ts'
import { key } from '../src/random/key.ts'
import { array, geluExact, index, input, literal, matmul, silu, square, type Tensor } from '../src/tensor/ops.ts'
import { affine, attend, rows } from './byHand.ts'
import { adjoint, close, draw, seed, theta } from './layers.ts'

const run = async (y: Tensor, feeds: Readonly<Record<string, Float64Array>> = {}): Promise<readonly number[]> =>
  Array.from((await evaluate(cpu)({ y }, feeds)).y ?? [])
const constant = (from: number, shape: readonly number[]): Tensor => literal(draw(from, shape), shape)

// --------------------------------------------------------------------------------------------------- gradients
const tokens = [2, 3, 4]
const image = [1, 5, 4, 4]
const heads = (n: number, d: number): readonly number[] => [1, 2, n, 2, d]
const attended = { width: 4, context: 3 }

const gradients: Readonly<Record<string, (from: number) => Promise<void>>> = {
  linear: adjoint(nn.linearSpec(4, 3), [tokens], nn.linear),
  'linear without bias': adjoint(nn.withoutBias(nn.linearSpec(4, 3)), [tokens], nn.linear),
  embedding: adjoint(
    nn.embeddingSpec(5, 3),
    [],
    (p) => () =>
      nn.embedding(p)(
        array([
          [2, 0],
          [2, 4],
        ]),
      ),
  ),
  affineLayerNorm: adjoint(nn.layerNormSpec(4), [tokens], nn.affineLayerNorm({ eps: 1e-2 })),
  groupNorm: adjoint(nn.groupNormSpec(4), [image], nn.groupNorm(2)),
  'groupNorm without bias': adjoint(nn.withoutBias(nn.groupNormSpec(4)), [image], nn.groupNorm(2)),
  'conv of stride 2, an even kernel and dilation': adjoint(
    nn.convSpec(2, 4, 3),
    [image],
    nn.conv({ stride: 2, dilation: 2 }),
  ),
  'conv with a padding for each side': adjoint(
    nn.convSpec(3, 4, 2),
    [image],
    nn.conv({
      stride: 1,
      padding: [
        [0, 2],
        [1, 0],
      ],
    }),
  ),
  'conv in groups': adjoint(nn.convSpec(3, 2, 6), [image], nn.conv({ stride: 2, groups: 2 })),
  'depthwise conv': adjoint(nn.convSpec(3, 1, 4), [image], nn.conv({ stride: 1, groups: 4 })),
  'conv of a row': adjoint(nn.convSpec([1, 3], 4, 2), [image], nn.conv({ stride: 1 })),
  batchNorm: adjoint(nn.batchNormSpec(4), [image], (p) =>
    nn.batchNorm({ eps: 0.5 })({ ...p, running_var: square(p.running_var) }),
  ),
  globalAveragePool: adjoint(null, [image], () => nn.globalAveragePool),
  'attention to other tokens': adjoint(null, [heads(3, 4), heads(2, 4), heads(2, 3)], () => nn.attention),
  'attention with a bias for all heads': adjoint(
    null,
    [heads(3, 4), heads(2, 4), heads(2, 3), [3, 2]],
    () => nn.attention,
  ),
  'causal attention': adjoint(
    null,
    [heads(3, 2), heads(3, 2), heads(3, 2)],
    () => (q, k, v) => nn.attention(q, k, v, nn.causalMask(3)),
  ),
  multiHeadAttention: adjoint(
    nn.multiHeadAttentionSpec(attended),
    [tokens, [2, 5, 3]],
    (p) => (x, context) => nn.multiHeadAttention({ heads: 2 })(p)(x, { context }),
  ),
  'mlp with SiLU': adjoint(nn.mlpSpec(4, 5), [tokens], (p) => nn.mlp(p, silu)),
  'mlp with GELU': adjoint(nn.mlpSpec(4, 5), [tokens], (p) => nn.mlp(p, geluExact)),
  smoothedCrossEntropy: adjoint(null, [[3, 4]], () => (x) => nn.smoothedCrossEntropy(0.2)(x, array([1, 3, 0]))),
  dropout: adjoint(null, [tokens], () => (x) => nn.dropout(0.25)(x, array([1, 0, 1, 1]))),
}

for (const [name, holds] of Object.entries(gradients))
  t.test(`${name}: <dy, J v> = <J' dy, v> for every parameter and input, in first and second order`, () =>
    fc.assert(fc.asyncProperty(seed, holds), { numRuns: 3 }),
  )

// ----------------------------------------------------------------------------------------- in plain numbers
t.test('foldBatchNorm: a convolution, then its batch norm, is one convolution', () =>
  fc.assert(
    fc.asyncProperty(
      seed,
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      async (from, kernel, cin, cout, biased) => {
        const whole = nn.convSpec(kernel, cin, cout)
        const conv = biased ? whole : nn.withoutBias(whole)
        const spec = { conv, bn: nn.batchNormSpec(cout) }
        const values = theta(spec, from, { 'bn.running_var': (v) => v * v })
        const files = nn.encode(spec)(values)
        const entry = (name: string): nn.Entry => {
          const found = files[name]
          if (found === undefined) throw new Error(`the spec has no ${name}`)
          return found
        }
        const folded = nn.foldBatchNorm({ eps: 1e-3 })(
          { weight: entry('conv.weight'), bias: biased ? entry('conv.bias') : null },
          {
            weight: entry('bn.weight'),
            bias: entry('bn.bias'),
            running_mean: entry('bn.running_mean'),
            running_var: entry('bn.running_var'),
          },
        )
        const one = nn.decode(whole)({ weight: folded.weight, bias: folded.bias })
        if (E.isLeft(one)) return false
        const x = input('x', [1, 4, 3, cin])
        const feeds = { x: draw(from + 1, x.shape) }
        const given = nn.unflatten(spec)(literal(values, [values.length]))
        const apart = nn.batchNorm({ eps: 1e-3 })(given.bn)(nn.conv({ stride: 1 })(given.conv)(x))
        const together = nn.conv({ stride: 1 })(nn.unflatten(whole)(literal(one.right, [one.right.length])))(x)
        return close(await run(apart, feeds), await run(together, feeds))
      },
    ),
    { numRuns: 15 },
  ),
)

t.test('multiHeadAttention to itself is attention written out, between linear maps of each token', () =>
  fc.assert(
    fc.asyncProperty(
      seed,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      async (from, h, n, causal) => {
        const width = 2 * h
        const spec = nn.multiHeadAttentionSpec({ width })
        const values = theta(spec, from)
        const p = nn.numbered(spec)(values)
        const x = draw(from + 1, [2, n, width])
        const [q, k, v] = [p.q, p.k, p.v].map((l) =>
          affine(rows(x, width), rows(l.weight.values, width), l.bias.values),
        )
        const qkv = (q ?? []).map((row, i) => [...row, ...(k?.[i] ?? []), ...(v?.[i] ?? [])])
        const seen = (_: number, i: number, j: number): number => (causal && j > i ? Number.NEGATIVE_INFINITY : 0)
        const expected = [qkv.slice(0, n), qkv.slice(n)].flatMap((each) =>
          affine(attend(each, h, seen), rows(p.proj.weight.values, width), p.proj.bias.values).flat(),
        )
        const bias = causal ? nn.causalMask(n) : null
        const params = nn.unflatten(spec)(input('theta', [nn.flatSize(spec)]))
        const y = nn.multiHeadAttention({ heads: h })(params)(input('x', [2, n, width]), { bias })
        return close(await run(y, { theta: values, x }), expected)
      },
    ),
    { numRuns: 15 },
  ),
)

t.test('causal attention: a token does not depend on those after it', () =>
  fc.assert(
    fc.asyncProperty(seed, fc.integer({ min: 2, max: 5 }), fc.nat(), async (from, n, last) => {
      const i = last % (n - 1)
      const shape = heads(n, 3)
      const [q, k, v] = [input('q', shape), input('k', shape), input('v', shape)]
      const y = nn.attention(q, k, v, nn.causalMask(n))
      const feeds = { q: draw(from, shape), k: draw(from + 1, shape), v: draw(from + 2, shape) }
      // [b, g, n, heads, d]: elements of tokens after i
      const later = (at: number): boolean => Math.floor(at / 6) % n > i
      const changed = (x: Float64Array): Float64Array => x.map((value, at) => (later(at) ? 100 * value + 1 : value))
      const [before, after] = [
        await run(y, feeds),
        await run(y, { ...feeds, k: changed(feeds.k), v: changed(feeds.v) }),
      ]
      // [b, g, heads, n, d]
      const token = (at: number): number => Math.floor(at / 3) % n
      const same = before.map((value, at) => value === after[at])
      return same.every((equal, at) => equal === token(at) <= i)
    }),
    { numRuns: 15 },
  ),
)

t.test('a query that may see one key only has its value', () =>
  fc.assert(
    fc.asyncProperty(seed, fc.integer({ min: 1, max: 4 }), async (from, m) => {
      const [q, k, v] = [constant(from, heads(2, 3)), constant(from + 1, heads(m, 3)), constant(from + 2, heads(m, 3))]
      const only = from % m
      const seen = array(Array.from({ length: m }, (_, j) => (j === only ? 1 : 0)))
      const y = await run(nn.attention(q, k, v, nn.maskBias(seen)))
      const values = draw(from + 2, heads(m, 3))
      return close(
        y,
        // [g, heads, n, d] of [g, m, heads, d]
        y.map((_, at) => {
          const [g, h, d] = [Math.floor(at / 12), Math.floor(at / 6) % 2, at % 3]
          return values[((g * m + only) * 2 + h) * 3 + d] ?? Number.NaN
        }),
      )
    }),
    { numRuns: 15 },
  ),
)

t.test('without a bias, and with one of zeros, a layer is the same', () =>
  fc.assert(
    fc.asyncProperty(seed, async (from) => {
      const x = input('x', image)
      const zero = (c: number): Tensor => literal(new Float64Array(c), [c])
      const [square, kernel, gain] = [constant(from, [4, 3]), constant(from, [3, 3, 4, 3]), constant(from, [4])]
      const pairs = [
        [nn.linear({ weight: square, bias: null })(x), nn.linear({ weight: square, bias: zero(3) })(x)],
        [
          nn.conv({ stride: 1 })({ weight: kernel, bias: null })(x),
          nn.conv({ stride: 1 })({ weight: kernel, bias: zero(3) })(x),
        ],
        [nn.upsampleConv({ weight: kernel, bias: null })(x), nn.upsampleConv({ weight: kernel, bias: zero(3) })(x)],
        [nn.groupNorm(2)({ weight: gain, bias: null })(x), nn.groupNorm(2)({ weight: gain, bias: zero(4) })(x)],
      ] as const
      const feeds = { x: draw(from + 1, image) }
      const equal = await Promise.all(pairs.map(async ([a, b]) => close(await run(a, feeds), await run(b, feeds), 0)))
      return equal.every((yes) => yes)
    }),
    { numRuns: 5 },
  ),
)

t.test('a convolution in g groups is g convolutions side by side', () =>
  fc.assert(
    fc.asyncProperty(seed, fc.constantFrom(1, 2, 4), fc.constantFrom(1, 2), async (from, groups, stride) => {
      const [cin, cout] = [4 / groups, 8 / groups]
      const [x, w] = [draw(from, image), draw(from + 1, [3, 3, cin, 8])]
      const part = (values: Float64Array, width: number, g: number, of: number): Float64Array =>
        values.filter((_, at) => Math.floor((at % width) / of) === g)
      const whole = await run(
        nn.conv({ stride, groups })({ weight: input('w', [3, 3, cin, 8]), bias: null })(input('x', image)),
        { x, w },
      )
      for (let g = 0; g < groups; g++) {
        const y = nn.conv({ stride })({ weight: input('w', [3, 3, cin, cout]), bias: null })(input('x', [1, 5, 4, cin]))
        const alone = await run(y, { x: part(x, 4, g, cin), w: part(w, 8, g, cout) })
        if (!close(part(Float64Array.from(whole), 8, g, cout), alone)) return false
      }
      return true
    }),
    { numRuns: 10 },
  ),
)

t.test('an embedding is the product of one-hot rows with its table', () =>
  fc.assert(
    fc.asyncProperty(seed, fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }), async (from, places) => {
      const weight = constant(from, [5, 3])
      const oneHot = array(places.map((i) => Array.from({ length: 5 }, (_, j) => (i === j ? 1 : 0))))
      const y = nn.embedding({ weight })(index('places', [places.length], 5))
      return close(await run(y, { places: Float64Array.from(places) }), await run(matmul(oneHot, weight)))
    }),
    { numRuns: 10 },
  ),
)

// ------------------------------------------------------------------------------------------------- dropout
const rate = fc.double({ min: 0, max: 0.9, noNaN: true })

t.test('dropout: an element is 0, or x / (1 - rate), as its mask says; rate 0 is the identity', () =>
  fc.assert(
    fc.asyncProperty(seed, rate, async (from, rate) => {
      const [x, mask] = [draw(from, tokens), nn.dropoutMask(key(from), rate, 24)]
      const y = nn.dropout(rate)(input('x', tokens), input('mask', tokens))
      const found = await run(y, { x, mask })
      const whole = await run(nn.dropout(0)(input('x', tokens), input('mask', tokens)), {
        x,
        mask: nn.dropoutMask(key(from), 0, 24),
      })
      return (
        close(
          found,
          x.map((value, i) => (mask[i] === 0 ? 0 : value / (1 - rate))),
          1e-12,
        ) && close(whole, x, 0)
      )
    }),
    { numRuns: 15 },
  ),
)

t.test(
  'dropout: masks are zeros and ones, whose mean is 1 - rate, so that the expectation of the layer is x',
  async () =>
    fc.assert(
      fc.property(seed, rate, (from, rate) => {
        const n = 20_000
        const mask = nn.dropoutMask(key(from), rate, n)
        const mean = mask.reduce((a, b) => a + b, 0) / n
        // six standard deviations of the mean
        return (
          mask.every((m) => m === 0 || m === 1) && Math.abs(mean - (1 - rate)) <= 6 * Math.sqrt((rate * (1 - rate)) / n)
        )
      }),
      { numRuns: 30 },
    ),
)

// ------------------------------------------------------------------------------------------------- cross-entropy
t.test('smoothedCrossEntropy: the mean over classes of cross-entropies, weighted by the smoothed label', () =>
  fc.assert(
    fc.asyncProperty(
      seed,
      fc.integer({ min: 2, max: 6 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      fc.nat(),
      async (from, classes, smoothing, at) => {
        const scores = draw(from, [classes])
        const label = at % classes
        const total = Math.log(scores.reduce((sum, x) => sum + Math.exp(x), 0))
        const weight = (k: number): number => smoothing / classes + (k === label ? 1 - smoothing : 0)
        const expected = scores.reduce((sum, x, k) => sum + weight(k) * (total - x), 0)
        const y = nn.smoothedCrossEntropy(smoothing)(literal(scores, [1, classes]), array([label]))
        return close(await run(y), [expected])
      },
    ),
    { numRuns: 20 },
  ),
)
