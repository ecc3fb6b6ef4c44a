/** Sums of products written with letters. */
import { at } from './axes.ts'
import { sumKept } from './broadcast.ts'
import { configured, refuse } from './errors.ts'
import { product } from './matmul.ts'
import { lawful } from './primitive.ts'
import { reshape } from './reshape.ts'
import { text } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { transpose } from './transpose.ts'

type Names = readonly string[]

/** `bhid`, a letter an axis; or `batch head i d`, names apart by spaces. */
const namesOf = (term: string): Names => (/\s/.test(term.trim()) ? term.trim().split(/\s+/) : [...term.trim()])

const twice = (names: Names): string | undefined => names.find((n, i) => names.indexOf(n) !== i)

interface Spec {
  readonly inputs: readonly Names[]
  readonly output: Names
}

const parse = (spec: string): Spec => {
  const [left, right, more] = spec.split('->')
  if (left === undefined || right === undefined || more !== undefined)
    return refuse(`"${spec}", expected one arrow, as in "bij,bjk->bik"`)
  const inputs = left.split(',').map(namesOf)
  const output = namesOf(right)
  const odd = [...inputs, output].flat().find((n) => !/^[\p{L}_][\p{L}\p{N}_]*$/u.test(n))
  if (odd !== undefined) return refuse(`"${spec}" has an axis "${odd}", expected letters, or names apart by spaces`)
  if (inputs.length > 2) return refuse(`"${spec}" has ${inputs.length} inputs, expected one or two`)
  for (const names of inputs) {
    const again = twice(names)
    if (again !== undefined) return refuse(`"${spec}" has ${again} twice in one input: diagonals are not taken`)
  }
  const again = twice(output)
  if (again !== undefined) return refuse(`"${spec}" has ${again} twice in its output`)
  const unknown = output.find((n) => !inputs.flat().includes(n))
  if (unknown !== undefined) return refuse(`"${spec}" has ${unknown} in its output and in no input`)
  return { inputs, output }
}

/** The sizes of axes by name, the same wherever a name stands. */
const checkSizes = (inputs: readonly Names[], xs: readonly Tensor[]): void => {
  const sizes = new Map<string, number>()
  inputs.forEach((names, k) => {
    const { shape } = at(xs, k)
    if (names.length !== shape.length)
      refuse(`input ${k} has ${names.length} axes in the letters (${names.join(' ')}), but its shape is ${text(shape)}`)
    names.forEach((name, i) => {
      const known = sizes.get(name)
      const n = at(shape, i)
      if (known !== undefined && known !== n) refuse(`axis ${name} is ${known} and ${n}`)
      sizes.set(name, n)
    })
  })
}

/** Sums over the axes whose names are not among those that are kept. */
const summed = (x: Tensor, names: Names, kept: Names): { readonly x: Tensor; readonly names: Names } => {
  const stays = names.map((n) => kept.includes(n))
  const y = sumKept(names.flatMap((_, i) => (stays[i] === true ? [] : [i])))(x)
  return { x: reshape(x.shape.filter((_, i) => stays[i] === true))(y), names: names.filter((n) => kept.includes(n)) }
}

/**
 * Sums of products of one or two tensors whose axes have letters; what the output lacks is summed over:
 * `einsum('bhid,bhjd->bhij')(q, k)`, or with names, `einsum('b head i d, b head j d -> b head i j')(q, k)`. The output is
 * always written. Diagonals, a letter twice in one input, are refused.
 */
export const einsum = lawful(
  'einsum',
  { interval: [-2, 2] },
  configured('einsum', (spec: string) => {
    const { inputs, output } = parse(spec)
    return (...xs: readonly Tensor[]): Tensor => {
      if (xs.length !== inputs.length)
        return refuse(`"${spec}" takes ${inputs.length} tensors, ${xs.length} were given`)
      checkSizes(inputs, xs)
      const [first, second] = inputs.map((names, k) => {
        const others = inputs.filter((_, i) => i !== k).flat()
        return summed(at(xs, k), names, [...output, ...others])
      })
      if (first === undefined) return refuse(`"${spec}" has no input`)
      if (second === undefined) return transpose(output.map((n) => first.names.indexOf(n)))(first.x)
      return product({ a: first.names, b: second.names, y: output })(first.x, second.x)
    }
  }),
  (f) => [
    { shapes: [[2, 3, 2]], f: (x) => f('abc->ca')(x) },
    {
      shapes: [
        [2, 2, 3, 2],
        [2, 2, 4, 2],
      ],
      f: (a, b) => f('b h i d, b h j d -> b h i j')(a, b),
    },
    {
      shapes: [
        [2, 3, 2],
        [4, 3],
      ],
      f: (a, b) => f('ijk,lj->li')(a, b),
    },
  ],
)
