/** One law for every operation of the vocabulary that takes axes: which axes there are, and how they may be named. */
import fc from 'fast-check'
import t from 'tap'
import * as T from '../src/tensor/ops.ts'
import { print } from '../src/transform/print.ts'

/** An operation along one axis of x; its errors begin with its name. */
type Along = (axis: number) => (x: T.Tensor) => T.Tensor

const one = { size: [1], stride: [1], dilation: [1] }
const others = (x: T.Tensor, axis: number): readonly number[] => x.shape.flatMap((_, i) => (i === axis ? [] : [i]))

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

/** What takes no axis; scalar functions, which take none either, are known by their expressions. */
const withoutAxes: readonly string[] = [
  'ShapeError',
  'binary',
  'broadcast',
  'configured',
  'conv',
  'fold',
  'full',
  'gelu',
  'groupNormalise',
  'input',
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
  'unary',
]

t.test('every operation of the vocabulary takes axes and is in the tables of this law, or takes none', (t) => {
  const listed = new Set([...Object.keys(along), ...withoutAxes])
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

for (const [name, f] of Object.entries(along)) {
  t.test(`${name}: axis a - rank is axis a`, async (t) => {
    fc.assert(
      fc.property(shapeAndAxis, ([s, a]) => {
        t.equal(graph(f(a - s.length), s), graph(f(a), s))
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
      fc.property(shape, wrong, (s, axis) => {
        t.ok(refused(name, f(axis(s.length)), s), `${axis(s.length)} of ${s}`)
      }),
      { numRuns: 50 },
    )
  })
}

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
