/** Scalar expressions as elementwise operations of ONNX: the core's, and the functions that ONNX has under a name of its own. */
import { erf } from '../../tensor/erf.ts'
import { exp, log, sigmoid, tanh } from '../../tensor/exponential.ts'
import { type CoreOp, type Expression, type ScalarFunction, written } from '../../tensor/expression.ts'
import { cos, sin } from '../../tensor/trigonometry.ts'
import { type Builder, NotInOnnx, type Value } from './graph.ts'

/** ONNX's own functions; any other is written out over the core. */
const functions: ReadonlyMap<ScalarFunction | null, string> = new Map([
  [exp.fn, 'Exp'],
  [log.fn, 'Log'],
  [tanh.fn, 'Tanh'],
  [sigmoid.fn, 'Sigmoid'],
  [erf.fn, 'Erf'],
  [sin.fn, 'Sin'],
  [cos.fn, 'Cos'],
])

/** Element types of ONNX. */
const [float, boolean] = [1, 9]

const simple =
  (op: string) =>
  (b: Builder, args: readonly Value[]): Value =>
    b.elementwise(op, args)
/** A comparison, as 1 or 0. */
const compared =
  (op: string) =>
  (b: Builder, args: readonly Value[]): Value =>
    b.elementwise('Cast', [b.elementwise(op, args)], { to: float })
const lacking = (what: string) => (): Value => {
  throw new NotInOnnx(`ONNX has no operation for the ${what} of a number`)
}

const core: Readonly<Record<CoreOp, (b: Builder, args: readonly Value[]) => Value>> = {
  neg: simple('Neg'),
  abs: simple('Abs'),
  sqrt: simple('Sqrt'),
  round: simple('Round'),
  exponent: lacking('binary exponent'),
  mantissa: lacking('mantissa'),
  add: simple('Add'),
  sub: simple('Sub'),
  mul: simple('Mul'),
  div: simple('Div'),
  max: simple('Max'),
  min: simple('Min'),
  lt: compared('Less'),
  le: compared('LessOrEqual'),
  eq: compared('Equal'),
  ldexp: (b, [x, n]) =>
    x === undefined || n === undefined
      ? lacking('scale')()
      : b.elementwise('Mul', [x, b.elementwise('Pow', [b.number(2), n])]),
  select: (b, [condition, yes, no]) =>
    condition === undefined || yes === undefined || no === undefined
      ? lacking('choice')()
      : b.elementwise('Where', [b.elementwise('Cast', [condition], { to: boolean }), yes, no]),
}

/** The value of an expression of some operands, elementwise; a part that stands in several places is one node. */
export const expressed = (b: Builder, whole: Expression, operands: readonly Value[]): Value => {
  const known = new Map<Expression, Value>()
  const of = (e: Expression): Value => {
    const found = known.get(e) ?? made(e)
    known.set(e, found)
    return found
  }
  const made = (e: Expression): Value => {
    switch (e.kind) {
      case 'operand': {
        const found = operands[e.index]
        if (found === undefined) throw new RangeError(`operand ${e.index} is missing`)
        return found
      }
      case 'constant':
        return b.number(e.value)
      case 'core':
        return core[e.op](b, e.args.map(of))
      case 'call': {
        const op = functions.get(e.fn)
        return op === undefined ? of(written(e)) : b.elementwise(op, e.args.map(of))
      }
    }
  }
  return of(whole)
}
