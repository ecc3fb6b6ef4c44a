/**
 * The algebra that an operation claims, tried in numbers. Rewrites believe these claims, so the left side of each is
 * computed by nodes that claim nothing and that no rewrite knows.
 */
import { zip } from 'fp-ts/lib/ReadonlyArray.js'
import { evaluate } from '../lower/compile.ts'
import type { Backend } from '../plan/backend.ts'
import { add, input, literal, mul, sub, type Tensor } from '../tensor/ops.ts'
import { type Shape, sameShape, size } from '../tensor/shape.ts'
import { type Algebra, node } from '../tensor/tensor.ts'
import { ofAllSizes } from './domain.ts'
import { type Law, LawError, same } from './law.ts'
import type { Point } from './point.ts'

/** An equation of two tensors. */
interface Claim {
  readonly words: string
  readonly left: Tensor
  readonly right: Tensor
  readonly inputs: readonly Tensor[]
  /** Numbers that stand everywhere in some of the inputs. */
  readonly constants: readonly (number | null)[]
}

/** The same node without its algebra and its own rewrites, equal to no other. */
const bare = (x: Tensor): Tensor =>
  node({ ...x, rule: { ...x.rule, primitive: {}, algebra: {}, simplify: () => null } })

/** Half of a tensor's elements, every other one; the rest are 0. */
const half = (x: Tensor, which: 0 | 1): Tensor => {
  const alternating = Float64Array.from({ length: size(x.shape) }, (_, i) => i % 2)
  const mask = literal(alternating, x.shape)
  return mul(x, which === 1 ? mask : sub(1, mask))
}

/** What an algebra says of f, an operation on two tensors of one shape. */
const claimsOf = (f: (a: Tensor, b: Tensor) => Tensor, shape: Shape, algebra: Algebra): readonly Claim[] => {
  const [a, b, c] = [input('a', shape), input('b', shape), input('c', shape)]
  const { commutative, additive, identity = {}, absorbing, joinsConstants, ofEqual } = algebra
  const claim = (words: string, left: Tensor, right: Tensor, constants: Claim['constants'] = []): Claim => ({
    words,
    left,
    right,
    inputs: [a, b, c],
    constants,
  })
  return [
    ...(commutative === true || joinsConstants === true ? [claim('f(a, b) = f(b, a)', f(a, b), f(b, a))] : []),
    ...(joinsConstants === true ? [claim('f(f(a, b), c) = f(a, f(b, c))', f(f(a, b), c), f(a, f(b, c)))] : []),
    ...(additive === true
      ? [claim('f(a, b) = a + b where one of them is 0', f(half(a, 0), half(b, 1)), add(half(a, 0), half(b, 1)))]
      : []),
    ...(ofEqual === undefined ? [] : [claim('f(a, a) is what it is said to be', f(a, a), ofEqual(a))]),
    ...(identity.left === undefined ? [] : [claim(`f(${identity.left}, b) = b`, f(a, b), b, [identity.left])]),
    ...(identity.right === undefined ? [] : [claim(`f(a, ${identity.right}) = a`, f(a, b), a, [null, identity.right])]),
    ...(absorbing === undefined
      ? []
      : [
          claim(`f(${absorbing}, b) = ${absorbing}`, f(a, b), a, [absorbing]),
          claim(`f(a, ${absorbing}) = ${absorbing}`, f(a, b), b, [null, absorbing]),
        ]),
  ]
}

/** What an operation rewrites itself to, alone and applied to itself where shapes allow. */
const rewritten = (y: Tensor): readonly Claim[] => {
  const fits = y.inputs.every((x) => sameShape(x.shape, y.shape))
  const pairs = [
    { node: y, plain: bare(y) },
    ...(fits
      ? [{ node: y.rule.rebuild(y.inputs.map(() => y)), plain: bare(y.rule.rebuild(y.inputs.map(() => bare(y)))) }]
      : []),
  ]
  return pairs.flatMap(({ node: x, plain }) => {
    const right = x.rule.simplify(x)
    return right === null
      ? []
      : [{ words: 'what it simplifies itself to is equal', left: plain, right, inputs: y.inputs, constants: [] }]
  })
}

/** What arithmetic of a few steps may lose. */
const tolerance = { f64: 1e-12, f32: 1e-5 } as const

/** Numbers for some inputs. */
type Draw = (seed: number) => readonly Point[]

const law = (backend: Backend, name: string, claim: Claim, draw: Draw, everySize: boolean): Law => {
  const { words, left, right, inputs, constants } = claim
  const at = async (where: string, numbers: readonly Float64Array[]): Promise<void> => {
    const feeds = zip(inputs, numbers).map(([x, values], i): readonly [string, Float64Array] => {
      const constant = constants[i] ?? null
      return [String(x.attributes.name), constant === null ? values : values.map(() => constant)]
    })
    const { l: found, r: expected } = await evaluate(backend)({ l: left, r: right }, Object.fromEntries(feeds), inputs)
    if (found === undefined || expected === undefined)
      throw new LawError(`${name}: ${words}: the backend gave no values`)
    same(`${name}: ${words}, ${where}`, { found, expected }, tolerance[backend.precision])
  }
  return {
    name: `${name}: ${words}`,
    holds: async (seed) => {
      const drawn = [seed, seed + 1].flatMap((s) => draw(s).map(({ values }) => Float64Array.from(values)))
      await at('in its domain', drawn)
      if (everySize)
        await at(
          'for numbers of every size',
          drawn.map((values, i) => ofAllSizes(seed + i, values.length)),
        )
    },
  }
}

/** One law for each claim: it holds in the domain and, in float64, for numbers of every size. */
export const algebraLaws = (backend: Backend, name: string, y: Tensor, draw: Draw): readonly Law[] => {
  const claimed = Object.keys(y.rule.algebra)
  const [x0, x1] = y.inputs
  const own = rewritten(y).map((claim) => law(backend, name, claim, draw, false))
  if (claimed.length === 0) return own
  if (x0 === undefined || x1 === undefined || y.inputs.length !== 2 || !sameShape(x0.shape, x1.shape))
    throw new RangeError(`${name}: its algebra claims ${claimed.join(', ')}, expected two inputs of one shape`)
  const claims = claimsOf((a, b) => bare(y.rule.rebuild([a, b])), x0.shape, y.rule.algebra)
  return [...own, ...claims.map((claim) => law(backend, name, claim, draw, backend.precision === 'f64'))]
}
