/**
 * Scalar expressions as WGSL: the core, one `let` a step, equal steps once. WGSL promises sin, cos, exp and tanh to few
 * bits only, so no function of a shader is used but those that are exact or nearly: every other one is written out, as
 * polynomials over the core.
 */
import { type CoreOp, type Expression, written } from '../../src/tensor/expression.ts'

/** Functions that texts call. */
export const prelude = `fn special(bits: u32) -> f32 {
  var b = bits;
  return bitcast<f32>(b);
}
fn ldexp3(x: f32, n: f32) -> f32 {
  let whole = i32(clamp(n, -300f, 300f));
  let third = (whole * 11i) >> 5u;
  let step = bitcast<f32>(u32((third + 127i) << 23u));
  let rest = bitcast<f32>(u32((whole - 2i * third + 127i) << 23u));
  return x * step * step * rest;
}`

/** The bits of a number that WGSL has no literal for. */
const bitsOf = (x: number): string => `special(${new Uint32Array(Float32Array.of(x).buffer)[0]}u)`

/** A literal; what is not finite in float32 is made of its bits. */
export const number = (x: number): string => {
  const rounded = Math.fround(x)
  if (!Number.isFinite(rounded)) return bitsOf(rounded)
  return rounded < 0 || Object.is(rounded, -0) ? `(-${-rounded}f)` : `${rounded}f`
}

const coreText: Readonly<Record<CoreOp, (a: string, b: string, c: string) => string>> = {
  neg: (a) => `-${a}`,
  abs: (a) => `abs(${a})`,
  sqrt: (a) => `sqrt(${a})`,
  round: (a) => `round(${a})`,
  exponent: (a) => `f32(i32((bitcast<u32>(${a}) >> 23u) & 255u) - 127i)`,
  mantissa: (a) => `bitcast<f32>((bitcast<u32>(${a}) & 0x807fffffu) | 0x3f800000u)`,
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  max: (a, b) => `max(${a}, ${b})`,
  min: (a, b) => `min(${a}, ${b})`,
  lt: (a, b) => `select(0f, 1f, ${a} < ${b})`,
  le: (a, b) => `select(0f, 1f, ${a} <= ${b})`,
  eq: (a, b) => `select(0f, 1f, ${a} == ${b})`,
  ldexp: (a, b) => `ldexp3(${a}, ${b})`,
  select: (a, b, c) => `select(${c}, ${b}, ${a} != 0f)`,
}

export interface Printed {
  readonly lines: readonly string[]
  readonly value: string
}

/**
 * The statements of an expression and the name of its value; names start with `prefix`. Constants have names too, because
 * WGSL refuses to compile what overflows between literals.
 */
export const statements = (expression: Expression, operands: readonly string[], prefix = 'v'): Printed => {
  const lines: string[] = []
  const known = new Map<string, string>()
  const visited = new Map<Expression, string>()
  const named = (text: string, keyword: 'let' | 'var' = 'let'): string => {
    const name = known.get(text) ?? `${prefix}${known.size}`
    if (!known.has(text)) lines.push(`${keyword} ${name} = ${text};`)
    known.set(text, name)
    return name
  }
  const visit = (e: Expression): string => {
    const name = visited.get(e) ?? compute(e)
    visited.set(e, name)
    return name
  }
  const operandOf = (index: number): string => {
    const name = operands[index]
    if (name === undefined) throw new RangeError(`webgpu: operand ${index} is missing`)
    return name
  }
  const compute = (e: Expression): string => {
    switch (e.kind) {
      case 'operand':
        return operandOf(e.index)
      case 'constant':
        return number(e.value)
      case 'call':
        return visit(written(e))
      case 'core': {
        const constant = e.args.every((a) => a.kind === 'constant')
        const [a = '', b = '', c = ''] = e.args.map((x) => (constant ? named(visit(x), 'var') : visit(x)))
        return named(coreText[e.op](a, b, c))
      }
    }
  }
  const value = visit(expression)
  return { lines, value }
}
