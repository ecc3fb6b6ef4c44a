/** Scalar expressions whose parts stand in many places: each is computed, counted, replaced and written once. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { evaluate as evaluateGraph } from '../../src/lower/compile.ts'
import { exp, tanh } from '../../src/tensor/exponential.ts'
import {
  call,
  type Expression,
  evaluate,
  evaluateFloat32,
  keyOf,
  numbering,
  operand,
  type ScalarFunction,
  substitute,
  work,
  written,
  X,
} from '../../src/tensor/expression.ts'
import { input, unary } from '../../src/tensor/ops.ts'

const depth = 60

/** The mean of x and x, of that and that, ...: x again, in `depth` parts that would be 2^60 if written out. */
const deep = (x: Expression): Expression =>
  Array.from({ length: depth }).reduce<Expression>((e) => X.mul(X.add(e, e), 0.5), x)

const key = (e: Expression): string => keyOf(e, numbering<ScalarFunction>())

t.test('an expression of many equal parts costs what its different parts cost', async (t) => {
  const e = deep(operand(0))
  t.equal(work(e), 2 * depth)
  t.equal(evaluate(e, [3]), 3)
  t.equal(evaluateFloat32(e, [3]), 3)
  t.equal(
    evaluate(
      substitute(e, () => X.add(operand(0), 1)),
      [3],
    ),
    4,
  )
  t.ok(key(e).length < 100 * depth)
})

t.test('keys tell expressions apart, and equal ones are equal however they were built', async (t) => {
  const [x, y] = [operand(0), operand(1)]
  const shared = X.add(x, y)
  t.equal(key(X.mul(shared, shared)), key(X.mul(X.add(x, y), X.add(x, y))))
  const all = [
    x,
    y,
    shared,
    X.add(y, x),
    X.mul(shared, x),
    X.mul(x, shared),
    X.add(shared, 0),
    X.add(shared, -0),
    X.add(shared, Number.NaN),
    exp.express(x),
    tanh.express(x),
    exp.express(shared),
  ]
  t.equal(new Set(all.map(key)).size, all.length)
  const like = exp.fn === null ? [] : [call(exp.fn, [x]), call({ ...exp.fn }, [x])]
  const id = numbering<ScalarFunction>()
  t.equal(new Set(like.map((e) => keyOf(e, id))).size, 2, 'functions are known by identity')
})

t.test('a function written out keeps its parts together', async (t) => {
  const fn: ScalarFunction = { name: 'deep', meaning: (x) => x, body: deep(operand(0)), cost: 1 }
  const outer = call(fn, [deep(operand(0))])
  t.equal(evaluateFloat32(outer, [3]), 3)
  if (outer.kind === 'call') t.equal(work(written(outer)), 4 * depth)
})

t.test('backends compile it as it is', async (t) => {
  const same = unary('same', {
    meaning: (x) => x,
    as: (x) => deep(X.add(x, 0)),
    vjp: ({ dy }) => [dy],
    domain: { interval: [-1, 1] },
  })
  const x = input('x', [3])
  for (const backend of [cpu, wasm]) {
    const { y } = await evaluateGraph(backend)({ y: same(x) }, { x: Float64Array.of(1, -2, 0.5) })
    t.same([...(y ?? [])], [1, -2, 0.5], backend.name)
  }
})
