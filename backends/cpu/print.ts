/**
 * Prints a nest as JavaScript: nested loops, and every offset, load and step of the expression is one statement, in the
 * outermost loop that it depends on. A breakpoint can stand on each line; the file is `diffit/<kernel name>.js`.
 */
import type { Nest, Operand } from '../../src/plan/kernel.ts'
import type { Buffer } from '../../src/plan/plan.ts'
import type { Expression } from '../../src/tensor/expression.ts'
import { javascript } from '../javascript.ts'

/** A statement and the number of loops that it stands in. */
interface Line {
  readonly depth: number
  readonly text: string
}
/** A name or number that a statement may use, and the number of loops in which it is known. */
interface Value {
  readonly depth: number
  readonly name: string
}

const number = (x: number): string => (x < 0 || Object.is(x, -0) ? `(${Object.is(x, -0) ? '-0' : x})` : `${x}`)
/** A name that JavaScript takes; nothing that may start a name in a plan is refused. */
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

/** The statements of an expression; equal parts are computed once. */
const steps = (expression: Expression, loads: readonly Value[]) => {
  const lines: Line[] = []
  const known = new Map<string, Value>()
  const visited = new Map<Expression, Value>()
  const compute = (e: Expression): Value => {
    if (e.kind === 'operand') return loads[e.index] ?? { name: 'NaN', depth: 0 }
    if (e.kind === 'constant') return { name: number(e.value), depth: 0 }
    const args = e.args.map(visit)
    const [a = 'NaN', b = 'NaN'] = args.map((v) => v.name)
    const text = javascript[e.fn](a, b)
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

/** The source of a function of some arrays: the buffers that the nest touches, in order. */
export const print = (nest: Nest, buffers: readonly Buffer[]): { readonly text: string; readonly arrays: number[] } => {
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
  const { value, lines } = steps(nest.expression, loaded)
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
  const fold = nest.fold === 'max' ? `folded = Math.max(folded, ${value.name})` : `folded += ${value.name}`

  const body = [
    ...at(0),
    ...loops.slice(0, inner).flatMap((l, d) => [open(l, d), ...at(d + 1)]),
    ...(nest.fold === null
      ? [`${indent(inner)}${cell} = ${value.name}`]
      : [
          `${indent(inner)}let folded = ${nest.fold === 'max' ? '-Infinity' : '0'}`,
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
  return { text, arrays }
}
