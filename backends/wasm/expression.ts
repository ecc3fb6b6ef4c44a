/**
 * Prints a scalar expression as f32x4 code. Equal parts are computed once, and parts that read only operands that do
 * not move in the innermost loop are written before it: `invariant` first, `varying` inside.
 */
import type { Expression } from '../../src/tensor/expression.ts'
import { exp, log, type Madd, sigmoid, tanh } from './math.ts'
import type { Body } from './wat.ts'

const key = (e: Expression): string =>
  e.kind === 'operand' ? `x${e.index}` : e.kind === 'constant' ? `${e.value}` : `${e.fn}(${e.args.map(key).join(',')})`

/** The expression as a list of distinct steps, arguments first. */
export interface Instruction {
  readonly expression: Expression
  readonly args: readonly number[]
  /** Reads only operands that stand still. */
  readonly still: boolean
}

export const steps = (expression: Expression, stands: (operand: number) => boolean): readonly Instruction[] => {
  const list: Instruction[] = []
  const known = new Map<string, number>()
  const visit = (e: Expression): number => {
    const k = key(e)
    const found = known.get(k)
    if (found !== undefined) return found
    const args = e.kind === 'apply' ? e.args.map(visit) : []
    const still = e.kind === 'operand' ? stands(e.index) : args.every((a) => list[a]?.still === true)
    known.set(k, list.length)
    list.push({ expression: e, args, still })
    return list.length - 1
  }
  visit(expression)
  return list
}

const apply = (body: Body, madd: Madd, e: Expression & { kind: 'apply' }, args: readonly string[]): string => {
  const [a = '', b = ''] = args
  const v = (value: string): string => body.let('v128', value)
  switch (e.fn) {
    case 'neg':
      return v(`(f32x4.neg ${a})`)
    case 'abs':
      return v(`(f32x4.abs ${a})`)
    case 'sqrt':
      return v(`(f32x4.sqrt ${a})`)
    case 'add':
      return v(`(f32x4.add ${a} ${b})`)
    case 'sub':
      return v(`(f32x4.sub ${a} ${b})`)
    case 'mul':
      return v(`(f32x4.mul ${a} ${b})`)
    case 'div':
      return v(`(f32x4.div ${a} ${b})`)
    case 'max':
      return v(`(f32x4.max ${a} ${b})`)
    case 'ge':
      return v(`(v128.and (f32x4.ge ${a} ${b}) ${body.splat(1)})`)
    case 'exp':
      return exp(body, madd, a)
    case 'log':
      return log(body, madd, a)
    case 'tanh':
      return tanh(body, madd, a)
    case 'sigmoid':
      return sigmoid(body, madd, a)
  }
}

/**
 * Writes those steps that are (not) still for every copy side by side; `values[copy][step]` are expressions. A step for
 * which `skip` holds is left to the caller.
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
