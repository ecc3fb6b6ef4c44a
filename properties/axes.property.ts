/** One law for every operation of the vocabulary that takes axes: which axes there are, and how they may be named. */
import fc from 'fast-check'
import t from 'tap'
import * as T from '../src/tensor/ops.ts'
import { print } from '../src/transform/print.ts'

/** An operation along one axis of x; its errors begin with its name. */
type Along = (axis: number) => (x: T.Tensor) => T.Tensor

const one = { size: [1], stride: [1], dilation: [1] }
const others = (x: T.Tensor, axis: number): readonly number[] => x.shape.flatMap((_, i) => (i === axis ? [] : [i]))

const place = T.index('place', [], 1)

/** Operations along one axis, which may stand in a list of axes where the operation takes several. */
const along: Readonly<Record<string, Along>> = {
  sum: T.sum,
  mean: T.mean,
  max: T.max,
  min: T.min,
  softmax: T.softmax,
  normalise: (axis) => T.normalise([axis], 1e-3),
  flip: T.flip,
  take: (axis) => T.take(axis, 0, 1),
  concat: (axis) => (x) => T.concat(axis)([x, x]),
  windows: (axis) => T.windows({ axes: [axis], ...one }),
  transpose: (axis) => (x) => T.transpose([axis, ...others(x, axis < 0 ? axis + x.shape.length : axis)])(x),
  contract: (axis) => (x) => T.contract({ sum: [[axis, axis]] })(x, x),
  argmax: T.argmax,
  argmin: T.argmin,
  prod: T.prod,
  variance: T.variance,
  logSumExp: T.logSumExp,
  logSoftmax: T.logSoftmax,
  repeat: (axis) => T.repeat(axis, 2),
  tile: (axis) => T.tile(axis, 2),
  split: (axis) => (x) => T.concat(0)(T.split(axis, 1)(x)),
  gather: (axis) => T.gather(axis, place),
}

/** Operations along two axes, which must differ. */
const alongTwo: Readonly<Record<string, (a: number, b: number) => (x: T.Tensor) => T.Tensor>> = {
  sum: (a, b) => T.sum([a, b]),
  mean: (a, b) => T.mean([a, b]),
  max: (a, b) => T.max([a, b]),
  min: (a, b) => T.min([a, b]),
  softmax: (a, b) => T.softmax([a, b]),
  normalise: (a, b) => T.normalise([a, b], 1e-3),
  flip: (a, b) => T.flip([a, b]),
  windows: (a, b) => T.windows({ axes: [a, b], size: [1, 1], stride: [1, 1], dilation: [1, 1] }),
  transpose: (a, b) => (x) => T.transpose([a, b, ...x.shape.map((_, i) => i).slice(2)])(x),
  contract: (a, b) => (x) => T.contract({ batch: [[a, a]], sum: [[b, b]] })(x, x),
}

/** Operations along an axis of what they give, which has one axis more. */
const alongNew: Readonly<Record<string, Along>> = {
  expandDims: T.expandDims,
  stack: (axis) => (x) => T.stack(axis)([x, x]),
}

/** Operations along an axis of size 1. */
const alongOne: Readonly<Record<string, Along>> = { squeeze: T.squeeze }

/** What takes no axis; scalar functions, which take none either, are known by their expressions. */
const withoutAxes: readonly string[] = [
  'ShapeError',
  'binary',
  'broadcast',
  'configured',
  'conv',
  'detach',
  'fold',
  'full',
  'gelu',
  'groupNormalise',
  'input',
  'label',
  'literal',
  'matmul',
  'ofRank',
  'operation',
  'place',
  'reduction',
  'reshape',
  'silu',
  'slice',
  'square',
  'ternary',
  'arange',
  'array',
  'avgPool',
  'clip',
  'crossEntropy',
  'einsum',
  'geluExact',
  'index',
  'maxPool',
  'oneHot',
  'pad',
  'pow',
  'show',
  'unary',
]

t.test('every operation of the vocabulary takes axes and is in the tables of this law, or takes none', (t) => {
  const listed = new Set([...[along, alongNew, alongOne].flatMap(Object.keys), ...withoutAxes])
  for (const [name, operation] of Object.entries(T))
    t.ok(listed.has(name) || 'express' in operation, `${name} is in a table of properties/axes.property.ts`)
  t.end()
})

const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
const shapeAndAxis = shape.chain((s) => fc.tuple(fc.constant(s), fc.nat(s.length - 1)))
const graph = (f: (x: T.Tensor) => T.Tensor, s: readonly number[]): string => print({ y: f(T.input('x', s)) })

const refused = (name: string, f: (x: T.Tensor) => T.Tensor, s: readonly number[]): boolean => {
  try {
    f(T.input('x', s))
    return false
  } catch (error) {
    return error instanceof T.ShapeError && error.message.startsWith(`${name}([${s.join(', ')}]`)
  }
}

const ones = shape.map((s) => s.map(() => 1))

/** The laws of an axis of a result with `more` axes than x. */
const lawsOf = (name: string, f: Along, shapes: fc.Arbitrary<readonly number[]>, more: number): void => {
  t.test(`${name}: axis a - rank is axis a`, async (t) => {
    const shapeAndAxis = shapes.chain((s) => fc.tuple(fc.constant(s), fc.nat(s.length - 1 + more)))
    fc.assert(
      fc.property(shapeAndAxis, ([s, a]) => {
        t.equal(graph(f(a - s.length - more), s), graph(f(a), s))
      }),
      { numRuns: 30 },
    )
  })

  t.test(`${name}: an axis outside the shape, and one that is no whole number, are refused by name`, async (t) => {
    const wrong = fc.oneof(
      fc.integer({ min: 0, max: 3 }).map((by) => (rank: number) => rank + by),
      fc.integer({ min: 1, max: 3 }).map((by) => (rank: number) => -rank - by),
      fc.constantFrom(0.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY).map((a) => () => a),
    )
    fc.assert(
      fc.property(shapes, wrong, (s, axis) => {
        t.ok(refused(name, f(axis(s.length + more)), s), `${axis(s.length + more)} of ${s}`)
      }),
      { numRuns: 50 },
    )
  })
}
for (const [name, f] of Object.entries(along)) lawsOf(name, f, shape, 0)
for (const [name, f] of Object.entries(alongNew)) lawsOf(name, f, shape, 1)
for (const [name, f] of Object.entries(alongOne)) lawsOf(name, f, ones, 0)

for (const [name, f] of Object.entries(alongTwo))
  t.test(`${name}: an axis that is named twice, from whichever end, is refused by name`, async (t) => {
    const end = fc.boolean()
    fc.assert(
      fc.property(shapeAndAxis, end, end, ([s, a], first, second) => {
        const named = (fromEnd: boolean): number => (fromEnd ? a - s.length : a)
        t.ok(refused(name, f(named(first), named(second)), s), `${named(first)} and ${named(second)} of ${s}`)
      }),
      { numRuns: 30 },
    )
  })
