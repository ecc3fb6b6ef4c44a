/** Tests of the oracle itself, against arithmetic. */
import t from 'tap'
import type { Nest } from '../../../src/plan/kernel.ts'
import { sumFold } from '../../../src/tensor/broadcast.ts'
import { constant, type Expression, operand } from '../../../src/tensor/expression.ts'
import { max as largest } from '../../../src/tensor/reduction.ts'
import { apply } from '../../tensor/apply.ts'
import { holds, interpret, type Near } from './oracle.ts'

const x = operand(0)

/** One number through one kernel; folded over itself where a fold is named. */
const through = (expression: Expression, value: number, fold: Nest['fold'] = null, n = 1): Near => {
  const kernel: Nest = {
    kind: 'nest',
    name: 'nest',
    outer: [],
    kept: [],
    reduced: fold === null ? [] : [n],
    fold,
    expression,
    loads: [{ buffer: 0, offset: 0, strides: [0] }],
    store: { buffer: 1, offset: 0, strides: [] },
  }
  const plan = {
    buffers: [
      { name: 'x', size: 1 },
      { name: 'y', size: 1 },
    ],
    inputs: [{ name: 'x', buffer: 0, shape: [1] }],
    outputs: [],
    constants: [],
    ignored: [],
    state: [],
    lifetimes: [null, null],
    regions: [{ name: 'only', extent: 1, kernels: [kernel] }],
  }
  return interpret(plan, { x: [value] })[1]?.[0] ?? { value: Number.NaN, low: Number.NaN, high: Number.NaN }
}

const third = apply('mul', x, constant(1 / 3))
/** Equal here, but computed twice: float32 may see either as the larger. */
const either = apply('ge', third, apply('div', x, constant(3)))

t.test('a comparison that float32 may decide either way is between 0 and 1', async (t) => {
  const { low, high } = through(either, 7)
  t.strictSame([low, high], [0, 1])
  t.same(through(apply('ge', x, x), 7), { value: 1, low: 1, high: 1 }, 'a number is never less than itself')
})

t.test('bounds stay within the domain: log and sqrt of them are not NaN', async (t) => {
  const above = apply('add', apply('abs', either), constant(0.25))
  const log = through(apply('log', above), 7)
  for (const may of [Math.log(0.25), Math.log(1.25)]) t.ok(holds(log, Math.fround(may)))
  t.ok(log.low > Math.log(0.25) - 1e-5 && log.high < Math.log(1.25) + 1e-5, 'and hardly more')
  t.ok(holds(through(apply('sqrt', above), 7), 0.5))
})

t.test('abs of a number of unknown sign is at least 0', async (t) => {
  const { low, high } = through(apply('abs', apply('sub', third, apply('div', x, constant(3)))), 7)
  t.ok(low > -1e-12 && low <= 0 && high > 0 && high < 1e-5)
})

t.test('the error bound of a sum grows with its number of terms, that of a maximum does not', async (t) => {
  const sum = through(x, 1 / 3, sumFold, 100)
  t.ok(holds(sum, sum.value + 100 * 2 ** -24) && !holds(sum, sum.value * (1 + 101 * 2 ** -23)))
  const max = through(x, 1 / 3, largest.fold, 100)
  t.same(max, { value: Math.fround(1 / 3), low: Math.fround(1 / 3), high: Math.fround(1 / 3) })
  t.notOk(holds(max, Number.NaN))
})
