/**
 * Prints a nest as JavaScript: nested loops, with every offset, load and step of the expression as one statement in the
 * outermost loop that it depends on. Every line can have a breakpoint; the file is `diffit/<kernel name>.js`.
 */
import type { Nest, Operand } from '../../src/plan/kernel.ts'
import type { Buffer } from '../../src/plan/plan.ts'
import { core, type Expression, type ScalarFunction } from '../../src/tensor/expression.ts'
import { javascript } from '../javascript.ts'

/** A statement and its loop depth. */
interface Line {
  readonly depth: number
  readonly text: string
}
/** A name or number that a statement may use, and the loop depth from which it is defined. */
interface Value {
  readonly depth: number
  readonly name: string
}

const number = (x: number): string => (x < 0 || Object.is(x, -0) ? `(${Object.is(x, -0) ? '-0' : x})` : `${x}`)
/** A valid JavaScript identifier; any name in a plan is accepted. */
const identifier = (name: string): string => `${/^[0-9]/.test(name) ? '_' : ''}${name.replace(/[^A-Za-z0-9]+/g, '_')}`
const array = (index: number, buffers: readonly Buffer[]): string =>
  `${identifier(buffers[index]?.name ?? 'buffer')}_${index}`
const step = (variable: string, stride: number): string => (stride === 1 ? variable : `${variable} * ${number(stride)}`)

/** The address of an operand: one sum for each loop that moves it. */
const address = (o: Operand, at: string, variables: readonly string[], depths: readonly number[]) =>
  o.strides.reduce<{ readonly value: Value; readonly lines: readonly Line[] }>(
    ({ value, lines }, stride, i) => {
      const [variable = '', depth = 0] = [variables[i], depths[i]]
      if (stride === 0 || depth === 0) return { value, lines }
      if (value.name === '0' && stride === 1) return { value: { name: variable, depth }, lines }
      const name = `${at}${variable}`
      const sum = value.name === '0' ? step(variable, stride) : `${value.name} + ${step(variable, stride)}`
      return { value: { name, depth }, lines: [...lines, { depth, text: `const ${name} = ${sum}` }] }
    },
    { value: { name: `${o.offset}`, depth: 0 }, lines: [] },
  )

/** Scalar functions that a kernel calls, by their names in its source. */
export type Called = Readonly<Record<string, (...x: readonly number[]) => number>>

/**
 * Collects the functions called: float64 implementations, `f.exp`; a different function of the same name gets a number,
 * `f.exp2`.
 */
const calls = () => {
  const known = new Map<ScalarFunction['meaning'], string>()
  const name = (wanted: string, meaning: ScalarFunction['meaning']): string => {
    const given = known.get(meaning)
    if (given !== undefined) return `f.${given}`
    const plain = identifier(wanted)
    const taken = [...known.values()].filter((x) => x.startsWith(plain)).length
    const fresh = taken === 0 ? plain : `${plain}${taken + 1}`
    known.set(meaning, fresh)
    return `f.${fresh}`
  }
  return { name, all: (): Called => Object.fromEntries([...known].map(([meaning, n]) => [n, meaning])) }
}

/** An application as JavaScript, its arguments as text. */
const applied = (
  e: Exclude<Expression, { readonly kind: 'operand' | 'constant' }>,
  args: readonly string[],
  name: ReturnType<typeof calls>['name'],
): string => {
  if (e.kind === 'call') return `${name(e.fn.name, e.fn.meaning)}(${args.join(', ')})`
  const [a = 'NaN', b = 'NaN', c = 'NaN'] = args
  switch (e.op) {
    case 'round':
    case 'exponent':
    case 'mantissa':
      return `${name(e.op, core[e.op].meaning)}(${a})`
    case 'ldexp':
      return `${name(e.op, core[e.op].meaning)}(${a}, ${b})`
    default:
      return javascript[e.op](a, b, c)
  }
}

/** The statements of an expression; common subexpressions are computed once. */
const steps = (expression: Expression, loads: readonly Value[], name: ReturnType<typeof calls>['name']) => {
  const lines: Line[] = []
  const known = new Map<string, Value>()
  const visited = new Map<Expression, Value>()
  const compute = (e: Expression): Value => {
    if (e.kind === 'operand') return loads[e.index] ?? { name: 'NaN', depth: 0 }
    if (e.kind === 'constant') return { name: number(e.value), depth: 0 }
    const args = e.args.map(visit)
    const text = applied(
      e,
      args.map((v) => v.name),
      name,
    )
    const same = known.get(text)
    if (same !== undefined) return same
    const value = { name: `v${known.size}`, depth: Math.max(0, ...args.map((v) => v.depth)) }
    known.set(text, value)
    lines.push({ depth: value.depth, text: `const ${value.name} = ${text}` })
    return value
  }
  const visit = (e: Expression): Value => {
    const value = visited.get(e) ?? compute(e)
    visited.set(e, value)
    return value
  }
  return { value: visit(expression), lines }
}

/** An expression as one piece of JavaScript. */
const inline = (e: Expression, operands: readonly string[], name: ReturnType<typeof calls>['name']): string => {
  if (e.kind === 'operand') return operands[e.index] ?? 'NaN'
  if (e.kind === 'constant') return number(e.value)
  const text = applied(
    e,
    e.args.map((a) => inline(a, operands, name)),
    name,
  )
  return e.kind === 'call' ? text : `(${text})`
}

export interface Printed {
  readonly text: string
  /** The buffers that the nest touches, in the order of the function's arguments. */
  readonly arrays: readonly number[]
  readonly called: Called
}

/** The source of a function of some arrays, returned by a function of the scalar functions that it calls. */
export const print = (nest: Nest, buffers: readonly Buffer[]): Printed => {
  const { name, all: called } = calls()
  const named = [
    ...nest.outer.map((size, i) => ({ size, variable: `o${i}` })),
    ...nest.kept.map((size, i) => ({ size, variable: `i${i}` })),
    ...nest.reduced.map((size, i) => ({ size, variable: `r${i}` })),
  ]
  // loops of size 1 are not printed: their depth is 0 and they move nothing
  const depths = named.map((l, i) => (l.size === 1 ? 0 : named.slice(0, i + 1).filter((x) => x.size !== 1).length))
  const loops = named.filter((l) => l.size !== 1)
  const variables = named.map((l) => l.variable)
  const inner = loops.filter((l) => !l.variable.startsWith('r')).length

  const addresses = nest.loads.map((o, i) => address(o, `x${i}`, variables, depths))
  const target = address(nest.store, 'y', variables, depths)
  const loaded = addresses.map(({ value }, i) => ({ name: `x${i}`, depth: value.depth }))
  const { value, lines } = steps(nest.expression, loaded, name)
  const all: readonly Line[] = [
    ...addresses.flatMap((a) => a.lines),
    ...target.lines,
    ...nest.loads.map((o, i) => ({
      depth: loaded[i]?.depth ?? 0,
      text: `const x${i} = ${array(o.buffer, buffers)}[${addresses[i]?.value.name}]`,
    })),
    ...lines,
  ]
  const cell = `${array(nest.store.buffer, buffers)}[${target.value.name}]`
  const indent = (depth: number): string => '  '.repeat(depth + 1)
  const at = (depth: number): readonly string[] =>
    all.filter((l) => l.depth === depth).map((l) => indent(depth) + l.text)
  const open = ({ variable, size }: (typeof loops)[number], depth: number): string =>
    `${indent(depth)}for (let ${variable} = 0; ${variable} < ${size}; ${variable}++) {`
  const fold = nest.fold === null ? '' : `folded = ${inline(nest.fold.combine, ['folded', value.name], name)}`

  const body = [
    ...at(0),
    ...loops.slice(0, inner).flatMap((l, d) => [open(l, d), ...at(d + 1)]),
    ...(nest.fold === null
      ? [`${indent(inner)}${cell} = ${value.name}`]
      : [
          `${indent(inner)}let folded = ${nest.fold.start}`,
          ...loops.slice(inner).flatMap((l, d) => [open(l, inner + d), ...at(inner + d + 1)]),
          `${indent(loops.length)}${fold}`,
          ...loops.slice(inner).map((_, d) => `${indent(loops.length - 1 - d)}}`),
          `${indent(inner)}${cell} = folded`,
        ]),
    ...loops.slice(0, inner).map((_, d) => `${indent(inner - 1 - d)}}`),
  ]
  const arrays = [...new Set([...nest.loads.map((o) => o.buffer), nest.store.buffer])]
  const title = identifier(nest.name)
  const text = [
    `return function kernel_${title}(${arrays.map((i) => array(i, buffers)).join(', ')}) {`,
    ...body,
    '}',
    `//# sourceURL=diffit/${title}.js`,
  ].join('\n')
  return { text, arrays, called: called() }
}
