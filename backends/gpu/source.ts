/**
 * Kernels as source for gpu.js: a function of some arrays that computes element `this.thread.x` of a value, or four
 * contiguous elements. All numbers are float32, including indices, so a value has at most `mostElements`.
 */
import type { Nest, Operand } from '../../src/plan/kernel.ts'
import { at } from '../../src/tensor/axes.ts'
import { folded, type Loop } from './fold.ts'
import { number, statements } from './scalar.ts'
import { compact, type StoredElements } from './store.ts'

/** Integers that float32 represents without a gap. */
export const mostElements = 2 ** 24

export interface Code {
  readonly text: string
  readonly threads: number
  /** A thread computes four elements, the components of a vector. */
  readonly wide: boolean
}

/** Elements of a value that a kernel does not compute: there are none, they are 0, or they keep their old value. */
export type Rest = 'none' | 'zero' | 'old'

/** floor(n / d) of integers; a shader's division may be off by a few ulps. */
export const quotient = `function quotient(n, d) {
  let q = Math.floor((n + 0.5) / d)
  if (n - q * d < 0) { q = q - 1 }
  if (n - q * d >= d) { q = q + 1 }
  return q
}`

const indent = (lines: readonly string[]): readonly string[] => lines.map((l) => `  ${l}`)

/** `base + name * stride`, written compactly. */
const moved = (base: string, name: string, stride: number): string => {
  if (stride === 0) return base
  const term = (): string => {
    if (stride === 1) return name
    if (stride === -1) return `(0 - ${name})`
    return `${name} * ${stride < 0 ? `(${stride})` : stride}`
  }
  return base === '0' ? term() : `${base} + ${term()}`
}

/** Decomposes element index `n` of a value into a box's digits `d0, d1, ..`, and runs `body` if it is inside. */
const within = (box: StoredElements, checked: boolean, body: readonly string[], digit = 'd'): readonly string[] => {
  const left = `${digit}n`
  const from = (i: number, rest: string): readonly string[] => {
    const next = box.digits[i]
    if (next === undefined) return checked && rest !== '0' ? [`if (${rest} < 0.5) {`, ...indent(body), '}'] : body
    const { axis, size, stride } = next
    const [index, after] = [`${digit}${axis}`, stride === 1 ? '0' : `${left}${i + 1}`]
    const lines = [
      `const ${index} = ${stride === 1 ? rest : `quotient(${rest}, ${stride})`}`,
      ...(stride === 1 ? [] : [`const ${after} = ${rest} - ${index} * ${stride}`]),
    ]
    if (!checked) return [...lines, ...from(i + 1, after)]
    return [...lines, `if (${index} < ${size}) {`, ...indent(from(i + 1, after)), '}']
  }
  if (!checked) return from(0, 'n')
  return [`const ${left}0 = n - ${box.low}`, `if (${left}0 >= 0) {`, ...indent(from(0, `${left}0`)), '}']
}

/** The address of an operand, one statement per loop that moves it; `reversed` axes count from their end. */
const addressOf = (
  o: Operand,
  index: string,
  digits: StoredElements,
  sizes: readonly number[],
  loops: readonly Loop[],
) => {
  const stride = (axis: number): number => at(o.strides, axis)
  const back = digits.reversed.reduce((sum, axis) => sum + (at(sizes, axis) - 1) * stride(axis), 0)
  const sign = (axis: number): number => (digits.reversed.includes(axis) ? -1 : 1)
  const outside = digits.digits.reduce(
    (sum, { axis }) => moved(sum, `d${axis}`, sign(axis) * stride(axis)),
    `${o.offset + back}`,
  )
  return loops.reduce<{ readonly name: string; readonly inside: readonly (string | null)[] }>(
    ({ name, inside }, loop) => {
      if (stride(loop.axis) === 0) return { name, inside: [...inside, null] }
      const next = `${index}${loop.name}`
      return { name: next, inside: [...inside, `const ${next} = ${moved(name, loop.name, stride(loop.axis))}`] }
    },
    { name: index, inside: [`const ${index} = ${outside}`] },
  )
}

/** The stride of an operand between the lanes of a vector. */
const laneStep = (o: Operand, fast: number | undefined): number => (fast === undefined ? 0 : at(o.strides, fast))

/** Whether one thread can compute four adjacent elements: whether they are always in the box together. */
export const fourfold = (box: StoredElements, elements: number): boolean => {
  const last = box.digits.at(-1)
  const multiple = (n: number): boolean => n % 4 === 0
  return (
    last?.stride === 1 &&
    multiple(last.size) &&
    multiple(box.low) &&
    multiple(elements) &&
    box.digits.slice(0, -1).every((d) => multiple(d.stride)) &&
    box.reversed.length === 0
  )
}

/**
 * A nest as a kernel that produces a value of the given size, with the elements of `box` given by its expression. Arguments
 * are `x0, x1, ..` by `argument` of each load, and `old` if the rest keeps its value.
 */
export const nestCode = (
  nest: Nest,
  box: StoredElements,
  elements: number,
  { rest, wide: mayBeWide }: { readonly rest: Rest; readonly wide: boolean },
  argument: (load: number) => string,
  names: readonly string[],
): Code => {
  const wide = mayBeWide && nest.fold !== null && nest.loads.length > 1 && fourfold(box, elements)
  const lanes = wide ? [0, 1, 2, 3] : [0]
  const stored = [...nest.outer, ...nest.kept]
  const sizes = [...stored, ...nest.reduced]
  const fast = wide ? box.digits.at(-1)?.axis : undefined
  const loops = nest.reduced.flatMap((size, i): readonly Loop[] =>
    size === 1 ? [] : [{ name: `r${i}`, size, axis: stored.length + i }],
  )
  const addresses = nest.loads.map((o, i) => addressOf(o, `a${i}`, box, sizes, loops))
  const lines = (depth: number): readonly string[] => addresses.flatMap((a) => a.inside[depth] ?? [])

  const loads = nest.loads.flatMap((o, i) =>
    (laneStep(o, fast) === 0 ? [0] : lanes).map(
      (l) =>
        `const x${i}l${l} = ${argument(i)}[${moved(addresses[i]?.name ?? '0', `${l}`, l === 0 ? 0 : laneStep(o, fast))}]`,
    ),
  )
  const values = lanes.map((l) => {
    const { lines: steps, value } = statements(
      nest.expression,
      nest.loads.map((o, i) => `x${i}l${laneStep(o, fast) === 0 ? 0 : l}`),
    )
    const named = (text: string): string => text.replaceAll(/\bv(\d+)\b/g, `v$1l${l}`)
    return { steps: steps.map(named), value: named(value) }
  })
  const compute = [...loads, ...values.flatMap((v) => v.steps)]
  const give = (names: readonly string[]): string => `return ${wide ? `[${names.join(', ')}]` : names[0]}`
  const { fold } = nest
  const start = fold === null ? '0' : number(fold.start)
  const inside = (depth: number): readonly string[] => [...lines(depth), ...(depth === loops.length ? compute : [])]
  const work =
    fold === null
      ? [...lines(0), ...compute, give(values.map((v) => v.value))]
      : [
          ...inside(0),
          ...lanes.map((l) => `let s${l} = ${start}`),
          ...folded({ fold, loops, within: inside, values: values.map((v) => v.value) }),
          give(lanes.map((l) => `s${l}`)),
        ]
  const first = wide ? 'this.thread.x * 4' : 'this.thread.x'
  const others = lanes.map((l) => (rest === 'old' ? `old[${moved('n', `${l}`, l === 0 ? 0 : 1)}]` : '0'))
  const body = [`const n = ${first}`, ...within(box, rest !== 'none', work), ...(rest === 'none' ? [] : [give(others)])]
  return { text: kernel(names, body), threads: elements / lanes.length, wide }
}

const kernel = (names: readonly string[], body: readonly string[]): string =>
  [`function kernel(${names.join(', ')}) {`, ...indent(body), '}'].join('\n')

/** Combines several boxes whose elements are contiguous in values of their own; later ones overwrite earlier ones. */
export const gatherCode = (boxes: readonly StoredElements[], elements: number, rest: Exclude<Rest, 'none'>): Code => {
  const parts = boxes.map((box, i) => {
    const digit = `p${i}d`
    const address = compact(box).digits.reduce((sum, { axis, stride }) => moved(sum, `${digit}${axis}`, stride), '0')
    return within(box, true, [`return x${i}[${address}]`], digit)
  })
  const names = [...boxes.map((_, i) => `x${i}`), ...(rest === 'old' ? ['old'] : [])]
  const body = ['const n = this.thread.x', ...parts.toReversed().flat(), `return ${rest === 'old' ? 'old[n]' : '0'}`]
  return { text: kernel(names, body), threads: elements, wide: false }
}
