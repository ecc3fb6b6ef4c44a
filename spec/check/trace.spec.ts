/** What a trace says of a run that makes NaN: the operation, its operands, the place, the label and the line. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { trace, traceProgram } from '../../src/check/trace.ts'
import { program } from '../../src/plan/program.ts'
import * as T from '../../src/tensor/ops.ts'

const of = (shape: readonly number[], ...values: readonly number[]) => ({ shape, values: Float64Array.from(values) })
const x = of([2, 3], 1, 2, 3, 4, 5, -6)
const here = /spec\/check\/trace\.spec\.ts:\d+:\d+$/

t.test('rows: every kernel with its formula, its shape and its numbers', async (t) => {
  const { rows, fault, text } = await trace(cpu)((v) => T.sum(T.label('size')(T.abs(T.mul(v, 2)))), x)
  t.equal(fault, null)
  t.match(rows, [{ index: 0, shape: [], min: 42, max: 42, mean: 42, nans: 0, infinities: 0 }])
  t.match(rows[0]?.formula, /^sum over 6 of size = abs\(mul\(x, 2\)\)$/)
  t.match(text, /^ +# +kernel +shape.*formula\n +0 .*sum over 6 of size/)
  t.match(text, /no NaN in \d kernels$/)
})

t.test('values may be a plain list; a wrong count is a rejection that names the input', async (t) => {
  const double = ({ x }: { x: T.Tensor }) => T.mul(x, 2)
  t.match((await trace(cpu)(double, { x: { shape: [2, 1], values: [1, 3] } })).rows, [
    { shape: [2, 1], min: 2, max: 6 },
  ])
  await t.rejects(trace(cpu)(double, { x: { shape: [2, 1], values: [1] } }), {
    message: 'x: 1 numbers do not fill [2, 1]',
  })
})

t.test('the operation inside a fused kernel, with its operands, its place and its line', async (t) => {
  const { fault } = await trace(cpu)((v) => T.add(T.mul(T.log(T.add(v, 1)), 2), 1), x)
  t.match(fault, { step: { operation: 'log', operands: [-5] }, written: 'log', label: null, place: [1, 2], line: here })
  t.match(
    fault?.message,
    /^kernel 0, \S+ \[2, 3\]: log\(-5\) made the first NaN, at \[1, 2\] \(1 of 6 values\), built at \S+$/,
  )
})

t.test('a transposed kernel names the place in the tensor that it computes', async (t) => {
  const { fault } = await trace(cpu)((v) => T.sqrt(T.transpose([1, 0])(v)), x)
  t.match(fault, { step: { operation: 'sqrt', operands: [-6] }, place: [2, 1] })
})

t.test('what a composite expands to is said with the composite and its label', async (t) => {
  const { fault } = await trace(cpu)((v) => T.label('weights')(T.softmax(1)(v)), of([1, 2], Infinity, 1))
  t.match(fault, { step: { operation: 'sub', operands: [Infinity, Infinity] }, written: 'softmax', label: 'weights' })
  t.match(
    fault?.message,
    /: sub\(Infinity, Infinity\) in softmax of "weights" made the first NaN, at \[0, 0\] .*, built at /,
  )
})

t.test('a sum of infinities, and a product of 0 and an infinity', async (t) => {
  const sum = await trace(cpu)((v) => T.label('total')(T.sum(v)), of([3], 1, Infinity, -Infinity))
  t.match(sum.fault, { step: { operation: 'sum', operands: [Infinity, -Infinity] }, label: 'total', line: here })
  const product = await trace(cpu)(({ a, b }) => T.matmul(a, b), { a: of([1, 2], 1, 0), b: of([2, 1], 1, Infinity) })
  t.match(product.fault, { step: { operation: 'mul', operands: [0, Infinity] }, place: [0, 0], line: here })
})

t.test('a branch that is not chosen is not to blame, a NaN that is given is', async (t) => {
  const chosen = await trace(cpu)((v) => T.where(T.lt(v, 0), T.sub(T.div(v, 0), T.div(v, 0)), T.log(v)), of([1], -1))
  t.match(chosen.fault, { step: { operation: 'sub', operands: [-Infinity, -Infinity] } })
  const given = await trace(cpu)((v) => T.mul(v, 2), of([2, 2], 1, 2, Number.NaN, 4))
  t.match(given.fault, { step: null, place: [1, 0] })
  t.match(
    given.fault?.message,
    /the input "x" is NaN at \[1, 0\], as it was given: the first NaN, at \[1, 0\] \(1 of 4 values\)$/,
  )
})

t.test('infinities are counted, and stand in no mean', async (t) => {
  const { rows, text } = await trace(cpu)((v) => T.div(1, v), of([4], 0, 0, 1, 0.5))
  t.match(rows, [{ infinities: 2, nans: 0, min: 1, max: 2, mean: 1.5 }])
  t.match(text, /\(2 infinite\) div\(1, x\)/)
})

t.test('a program by name: state in place is read as it was before', async (t) => {
  const falling = program({ count: [1] }, ({ count }) => {
    const next = T.label('next count')(T.sqrt(T.sub(count, 1)))
    return { state: { count: next } }
  })
  const { fault, rows } = await traceProgram(cpu)(falling, { count: [0.5] })
  t.match(fault, { step: { operation: 'sqrt', operands: [-0.5] }, label: 'next count', line: here })
  t.match(rows.at(-1)?.name, /^next count\.\d+$/)
  const plain = { outputs: { y: T.log(T.input('x', [])) } }
  t.match((await traceProgram(cpu)(plain, { x: -1 })).fault, { step: { operation: 'log', operands: [-1] }, line: null })
})

t.test('a backend that cannot observe refuses', async (t) => {
  await t.rejects(
    trace(wasm)((v) => T.exp(v), [2]),
    { name: 'Refusal' },
  )
})
