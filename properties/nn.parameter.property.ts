/** Laws of parameters and their initialisers, and of specs of every structure. */
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { evaluate } from '../src/lower/compile.ts'
import * as nn from '../src/nn/index.ts'
import { key } from '../src/random/key.ts'
import { input, mul, type Tensor } from '../src/tensor/ops.ts'
import { leaves } from '../src/tensor/tree.ts'
import { close, seed, theta } from './layers.ts'

// -------------------------------------------------------------------------------------------------------- specs
const parameter: fc.Arbitrary<nn.Parameter> = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }).map((shape) => nn.parameter(shape, nn.gaussian(1))),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })).map(([a, b]) => nn.linearWeight(a, b)),
  fc.constantFrom(nn.convWeight(3, 2, 1), nn.convWeight([1, 3], 2, 1)),
  fc.constant(nn.biasTable(2, 2)),
)
/** Trees of records and lists of any depth, null and empty ones among them, and a parameter alone. */
const spec: fc.Arbitrary<nn.Spec> = fc.letrec<{ tree: nn.Spec }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'spec' },
    fc.oneof(parameter, fc.constant(null)),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('weight', 'kind', 'shape', 'a', '0', 'blocks', 'op'), tie('tree'), { maxKeys: 3 }),
  ),
})).tree

/** A function of theta, which need not depend on it. */
const run = async (f: (theta: Tensor) => Tensor, values: Float64Array) => {
  const x = input('theta', [values.length])
  return (await evaluate(cpu)({ y: f(x) }, { theta: values }, [x])).y
}

/** A tree without its parameters, as text. */
const structure = (tree: unknown, leaf: (x: object) => boolean): unknown => {
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map((sub) => structure(sub, leaf))
  if (leaf(tree)) return 'leaf'
  return Object.entries(tree).map(([name, sub]) => [name, structure(sub, leaf)])
}

t.test(
  'flatten(unflatten theta) = theta, numbered and unflatten have the tree of the spec, and files give theta back',
  () =>
    fc.assert(
      fc.asyncProperty(spec, seed, async (s, from) => {
        const values = theta(s, from)
        const back = nn.decode(s)(nn.encode(s)(values))
        const numbers = structure(nn.numbered(s)(values), (x) => 'values' in x)
        const tensors = structure(nn.unflatten(s)(input('theta', [nn.flatSize(s)])), (x) => 'rule' in x)
        const tree = structure(s, (x) => 'kind' in x && x.kind === 'parameter')
        return (
          close(await run((x) => nn.flatten(s)(nn.unflatten(s)(x)), values), values, 0) &&
          E.isRight(back) &&
          close(back.right, values, 0) &&
          JSON.stringify(numbers) === JSON.stringify(tree) &&
          JSON.stringify(tensors) === JSON.stringify(tree)
        )
      }),
      {
        numRuns: 60,
        examples: [
          [null, 1],
          [{}, 1],
          [[], 1],
          [nn.parameter([3], nn.zeros), 1],
          [nn.parameter([], nn.zeros), 1],
          [[[nn.parameter([2], nn.zeros)], null, [[], [nn.parameter([1, 2], nn.ones)]]], 1],
          [{ '': nn.parameter([2], nn.zeros) }, 1],
        ],
      },
    ),
)

t.test('tensors by name are the tree of a spec, at the same places of theta', () =>
  fc.assert(
    fc.asyncProperty(spec, seed, async (s, from) => {
      const values = theta(s, from)
      const [named, x] = [nn.byName(s), input('theta', [nn.flatSize(s)])]
      const tree = nn.fromNames(s)(nn.unflatten(named)(x))
      const names = leaves(tree).map(([name]) => name)
      return (
        names.join() ===
          nn
            .leavesOf(s)
            .map((p) => p.name)
            .join() &&
        close(await run((y) => nn.flatten(s)(nn.fromNames(s)(nn.unflatten(named)(y))), values), values, 0)
      )
    }),
    // a list whose second element has the name "1", which an object puts first
    { numRuns: 30, examples: [[[[nn.convWeight(3, 2, 1)], nn.parameter([1, 1], nn.zeros)], 0]] },
  ),
)

t.test('flatten is linear: the values of a tree that is scaled are scaled, and the gaps stay zero', () =>
  fc.assert(
    fc.asyncProperty(seed, async (from) => {
      const s = [nn.parameter([3], nn.zeros), [nn.linearWeight(2, 3)]]
      const values = theta(s, from)
      return close(
        await run((x) => mul(3, nn.flatten(s)(nn.unflatten(s)(x))), values),
        values.map((v) => 3 * v),
      )
    }),
    { numRuns: 5 },
  ),
)

// ------------------------------------------------------------------------------------------------- initialisers
interface Expected {
  readonly init: nn.Init
  readonly mean: number
  readonly deviation: number
  /** No number is further from the mean. */
  readonly bound: number
}
const [fanIn, fanOut] = [30, 70]
const none = Number.POSITIVE_INFINITY

const initialisers: Readonly<Record<string, Expected>> = {
  zeros: { init: nn.zeros, mean: 0, deviation: 0, bound: 0 },
  ones: { init: nn.ones, mean: 1, deviation: 0, bound: 0 },
  constant: { init: nn.constant(-2.5), mean: -2.5, deviation: 0, bound: 0 },
  uniform: { init: nn.uniform(1, 4), mean: 2.5, deviation: 3 / Math.sqrt(12), bound: 1.5 },
  gaussian: { init: nn.gaussian(0.3), mean: 0, deviation: 0.3, bound: none },
  // the deviation of a standard normal number within two deviations
  truncatedGaussian: { init: nn.truncatedGaussian(0.3), mean: 0, deviation: 0.3 * 0.8796256610342398, bound: 0.6 },
  xavier: { init: nn.xavier(fanIn, fanOut), mean: 0, deviation: Math.sqrt(2 / 100), bound: Math.sqrt(6 / 100) },
  xavierGaussian: { init: nn.xavierGaussian(fanIn, fanOut), mean: 0, deviation: Math.sqrt(2 / 100), bound: none },
  kaiming: { init: nn.kaiming(fanIn, fanOut), mean: 0, deviation: Math.sqrt(2 / 30), bound: Math.sqrt(6 / 30) },
  kaimingGaussian: { init: nn.kaimingGaussian(fanIn, fanOut), mean: 0, deviation: Math.sqrt(2 / 30), bound: none },
}

for (const [name, { init, mean, deviation, bound }] of Object.entries(initialisers))
  t.test(`${name}: numbers have its mean, its deviation and its bounds`, async () =>
    fc.assert(
      fc.property(seed, (from) => {
        const n = 40_000
        const { values } = nn.numbered(nn.parameter([n], init))(nn.init(nn.parameter([n], init))(key(from)))
        const centre = values.reduce((a, b) => a + b, 0) / n
        const square = values.reduce((a, b) => a + (b - mean) ** 2, 0) / n
        // six standard deviations of either
        return (
          Math.abs(centre - mean) <= (6 * deviation) / Math.sqrt(n) + 1e-12 &&
          Math.abs(square - deviation ** 2) <= (6 * Math.sqrt(2) * deviation ** 2) / Math.sqrt(n) + 1e-12 &&
          values.every((x) => Math.abs(x - mean) <= bound + 1e-12)
        )
      }),
      { numRuns: 5 },
    ),
  )

t.test('a layer takes its initialisation by the fans of its weight: those of a kernel count its taps', async (t) => {
  const init = (w: nn.Parameter): nn.Init => w.init
  t.same(init(nn.linearSpec(30, 70, nn.kaiming).weight), nn.kaiming(30, 70))
  t.same(init(nn.linearSpec(30, 70).weight), nn.xavier(30, 70))
  t.same(init(nn.convSpec(3, 4, 8, nn.xavierGaussian).weight), nn.xavierGaussian(36, 72))
  t.same(init(nn.convSpec(3, 4, 8).weight), nn.xavier(36, 72))
  t.same(init(nn.convSpec(3, 4, 8, nn.zeros).weight), nn.zeros)
  t.same(init(nn.embeddingSpec(5, 3).weight), nn.gaussian(1))
  t.same([nn.layerNormSpec(3).weight.init, nn.layerNormSpec(3).bias.init], [nn.ones, nn.zeros])
})
