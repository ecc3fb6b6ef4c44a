/**
 * Prints a scalar expression as f32x4 code. Common subexpressions are computed once, and those that read only operands
 * that do not move in the innermost loop are hoisted: `invariant` first, `varying` inside.
 */

import {
  exp as expScalar,
  log as logScalar,
  sigmoid as sigmoidScalar,
  tanh as tanhScalar,
} from '../../src/tensor/exponential.ts'
import {
  type CoreOp,
  type Expression,
  numbering,
  numeral,
  type ScalarFunction,
  written,
} from '../../src/tensor/expression.ts'
import { exp, log, type Madd, sigmoid, tanh } from './math.ts'
import type { Body } from './wat.ts'

/** Scalar functions for which this backend has a faster form than their expression over the core. */
const forms: ReadonlyMap<ScalarFunction | null, (body: Body, madd: Madd, x: string) => string> = new Map([
  [expScalar.fn, exp],
  [logScalar.fn, log],
  [sigmoidScalar.fn, sigmoid],
  [tanhScalar.fn, tanh],
])

/** The expression as a list of distinct steps, arguments first. */
export interface Instruction {
  readonly expression: Expression
  readonly args: readonly number[]
  /** Loop-invariant. */
  readonly still: boolean
}

export const steps = (expression: Expression, stands: (operand: number) => boolean): readonly Instruction[] => {
  const list: Instruction[] = []
  const known = new Map<string, number>()
  const visited = new Map<Expression, number>()
  const id = numbering<ScalarFunction>()
  /** Equal steps do the same to the same steps. */
  const keyOf = (e: Expression, args: readonly number[]): string => {
    if (e.kind === 'operand') return `x${e.index}`
    if (e.kind === 'constant') return numeral(e.value)
    return `${e.kind === 'core' ? e.op : id(e.fn)}(${args.join()})`
  }
  const visit = (e: Expression): number => {
    const step = visited.get(e) ?? compute(e)
    visited.set(e, step)
    return step
  }
  const compute = (e: Expression): number => {
    if (e.kind === 'call' && !forms.has(e.fn)) return visit(written(e))
    const args = e.kind === 'core' || e.kind === 'call' ? e.args.map(visit) : []
    const key = keyOf(e, args)
    const found = known.get(key)
    if (found !== undefined) return found
    const still = e.kind === 'operand' ? stands(e.index) : args.every((a) => list[a]?.still === true)
    known.set(key, list.length)
    list.push({ expression: e, args, still })
    return list.length - 1
  }
  visit(expression)
  return list
}

const [exponentBits, bias] = [23, 127]

/** Beyond it any number of float32 has become 0 or an infinity; a third of it is a power that float32 has. */
const mostShift = 300

/** x 2^n in three steps, since the powers of float32 are fewer than the steps from its smallest number to its largest. */
const ldexp = (body: Body, x: string, n: string): string => {
  const v = (value: string): string => body.let('v128', value)
  const limited = `(f32x4.pmax (f32x4.pmin ${n} ${body.splat(mostShift)}) ${body.splat(-mostShift)})`
  const whole = v(`(i32x4.trunc_sat_f32x4_s ${limited})`)
  const third = v(`(i32x4.shr_s (i32x4.mul ${whole} ${body.bits(11)}) (i32.const 5))`)
  const power = (k: string): string => v(`(i32x4.shl (i32x4.add ${k} ${body.bits(bias)}) (i32.const ${exponentBits}))`)
  const step = power(third)
  const rest = power(v(`(i32x4.sub (i32x4.sub ${whole} ${third}) ${third})`))
  return v(`(f32x4.mul (f32x4.mul (f32x4.mul ${x} ${step}) ${step}) ${rest})`)
}

/** An operation of the core on available values, as text. */
const coreText = (body: Body, op: CoreOp, [a = '', b = '', c = '']: readonly string[]): string => {
  switch (op) {
    case 'neg':
    case 'abs':
    case 'sqrt':
      return `(f32x4.${op} ${a})`
    case 'round':
      return `(f32x4.nearest ${a})`
    case 'exponent': {
      const biased = `(i32x4.shr_u (i32x4.shl ${a} (i32.const 1)) (i32.const ${exponentBits + 1}))`
      return `(f32x4.sub (f32x4.convert_i32x4_s ${biased}) ${body.splat(bias)})`
    }
    case 'mantissa':
      return `(v128.or (v128.and ${a} ${body.bits(0x807fffff | 0)}) ${body.splat(1)})`
    case 'ldexp':
      return ldexp(body, a, b)
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'max':
    case 'min':
      return `(f32x4.${op} ${a} ${b})`
    case 'lt':
    case 'le':
    case 'eq':
      return `(v128.and (f32x4.${op} ${a} ${b}) ${body.splat(1)})`
    case 'select':
      return `(v128.bitselect ${b} ${c} (f32x4.ne ${a} ${body.splat(0)}))`
  }
}

/**
 * The smaller or larger of x and a number that is neither 0 nor NaN: `pmin` and `pmax` are one instruction, where `min` and
 * `max` are six on x86, and with x first they keep its NaN. Null for anything else.
 */
const limitText = (
  { op, args: [p, q] }: Extract<Expression, { kind: 'core' }>,
  [a, b]: readonly string[],
): string | null => {
  const isLimit = (e: Expression | undefined): boolean =>
    e?.kind === 'constant' && e.value !== 0 && !Number.isNaN(e.value)
  if (op !== 'min' && op !== 'max') return null
  if (isLimit(q)) return `(f32x4.p${op} ${a} ${b})`
  return isLimit(p) ? `(f32x4.p${op} ${b} ${a})` : null
}

const apply = (body: Body, madd: Madd, e: Expression & { kind: 'core' | 'call' }, args: readonly string[]): string => {
  if (e.kind === 'core') return body.let('v128', limitText(e, args) ?? coreText(body, e.op, args))
  const form = forms.get(e.fn)
  const [a] = args
  if (form === undefined || a === undefined) throw new Error(`wasm: ${e.fn.name} should have been written out`)
  return form(body, madd, a)
}

/** An expression of available values, its last step as text. */
export const combined = (body: Body, madd: Madd, e: Expression, operands: readonly string[]): string => {
  const visit = (x: Expression): string => {
    if (x.kind === 'operand') return operands[x.index] ?? ''
    if (x.kind === 'constant') return body.splat(x.value)
    if (x.kind === 'call' && !forms.has(x.fn)) return visit(written(x))
    return apply(body, madd, x, x.args.map(visit))
  }
  return e.kind === 'core' ? coreText(body, e.op, e.args.map(visit)) : visit(e)
}

/**
 * Writes the (in)variant steps for all copies; `values[copy][step]` are expressions. A step for which `skip` holds is left
 * to the caller.
 */
export const write = (
  body: Body,
  madd: Madd,
  list: readonly Instruction[],
  still: boolean,
  values: string[][],
  load: (copy: number, operand: number) => string,
  skip: (step: number) => boolean = () => false,
): void =>
  list.forEach((step, i) => {
    const e = step.expression
    if (step.still !== still || skip(i)) return
    values.forEach((known, copy) => {
      known[i] =
        e.kind === 'constant'
          ? body.splat(e.value)
          : e.kind === 'operand'
            ? body.let('v128', load(copy, e.index))
            : apply(
                body,
                madd,
                e,
                step.args.map((a) => known[a] ?? ''),
              )
    })
  })
