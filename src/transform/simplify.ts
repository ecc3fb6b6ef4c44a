/**
 * Graph to graph, meaning preserved: equal nodes become one, composites are written out, constants are folded, and
 * movement is put into a form in which the scheduler sees what can share a buffer.
 *
 * Not here: fusion and memory (`schedule`). Mutation stays inside `simplify`.
 */

import { mul } from '../tensor/elementwise.ts'
import { isScalarFunction, meaning } from '../tensor/expression.ts'
import { broadcast, place, reshape, slice, transpose } from '../tensor/movement.ts'
import { sameShape, size } from '../tensor/shape.ts'
import { type Attribute, full, type Tensor, topological } from '../tensor/tensor.ts'
import { type Rewrite, stageProducts, stageReductions } from './stage.ts'

const constantOf = (x: Tensor | undefined): number | null => {
  const value = x?.op === 'full' ? x.attributes.value : undefined
  return typeof value === 'number' ? value : null
}
const numbers = (a: Attribute | undefined): readonly number[] =>
  Array.isArray(a) ? a.filter((n): n is number => typeof n === 'number') : []
const lists = (a: Attribute | undefined): readonly (readonly number[])[] =>
  Array.isArray(a) ? a.filter((n): n is readonly number[] => Array.isArray(n)) : []

/** Composites stand for other nodes. */
const expand: Rewrite = (node) => {
  const lowering = node.rule.lower(node.inputs)
  return lowering.kind === 'expand' ? lowering.into : null
}

/** Movement of a constant is a constant; arithmetic on constants is one. */
const foldConstants: Rewrite = (node) => {
  if (node.inputs.length === 0) return null
  const values = node.inputs.map(constantOf)
  const [a, b = Number.NaN] = values
  if (a === null || a === undefined || b === null) return null
  if (isScalarFunction(node.op)) return full(meaning[node.op](a, b), node.shape)
  const [x] = node.inputs
  if (node.op === 'sum' && x !== undefined) return full((a * size(x.shape)) / size(node.shape), node.shape)
  if (node.op === 'place' && values.every((v) => v === 0)) return full(0, node.shape)
  return ['reduceMax', 'broadcast', 'reshape', 'transpose', 'flip', 'slice', 'windows'].includes(node.op)
    ? full(a, node.shape)
    : null
}

/** Neutral and absorbing elements, and x + x. (0 times infinity counts as 0: an absent gradient stays absent.) */
const neutral: Rewrite = (node) => {
  const [x, y] = node.inputs
  if (x === undefined || y === undefined) return null
  const [a, b] = [constantOf(x), constantOf(y)]
  switch (node.op) {
    case 'add':
      return a === 0 ? y : b === 0 ? x : x === y ? mul(full(2, x.shape), x) : null
    case 'sub':
      return b === 0 ? x : null
    case 'mul':
      return a === 1 ? y : b === 1 ? x : a === 0 ? x : b === 0 ? y : null
    case 'div':
      return b === 1 ? x : null
    default:
      return null
  }
}

/** A product with a constant commutes with movement and sums; constants meet there: a * (b * x) = (a b) * x. */
const gatherConstants: Rewrite = (node) => {
  if (node.op !== 'mul') return null
  const [x, y] = node.inputs
  if (x === undefined || y === undefined) return null
  const [outer, inner] = constantOf(x) === null ? [constantOf(y), x] : [constantOf(x), y]
  if (outer === null || inner.op !== 'mul') return null
  const [p, q] = inner.inputs
  if (p === undefined || q === undefined) return null
  const [constant, rest] = constantOf(p) === null ? [constantOf(q), p] : [constantOf(p), q]
  return constant === null ? null : node.rule.rebuild([rest, full(outer * constant, node.shape)])
}

/** Two movements in a row are one, and movements that move nothing vanish. */
const composeMovement: Rewrite = (node) => {
  const [x] = node.inputs
  if (x === undefined || node.inputs.length !== 1) return null
  const [inner] = x.inputs
  switch (node.op) {
    case 'reshape':
      if (sameShape(node.shape, x.shape)) return x
      return x.op === 'reshape' && inner !== undefined ? reshape(node.shape)(inner) : null
    case 'broadcast':
      if (sameShape(node.shape, x.shape)) return x
      return x.op === 'broadcast' && inner !== undefined ? broadcast(node.shape)(inner) : null
    case 'transpose': {
      const order = numbers(node.attributes.order)
      if (order.every((o, i) => o === i)) return x
      if (x.op !== 'transpose' || inner === undefined) return null
      const before = numbers(x.attributes.order)
      return transpose(order.map((o) => before[o] ?? 0))(inner)
    }
    case 'flip':
      return x.op === 'flip' &&
        inner !== undefined &&
        sameShape(numbers(node.attributes.axes), numbers(x.attributes.axes))
        ? inner
        : null
    case 'sum':
    case 'reduceMax':
      return sameShape(node.shape, x.shape) ? x : null
    default:
      return null
  }
}

/** Padding commutes with a transpose: the transpose goes outside, where equal paddings meet. */
const padInside: Rewrite = (node) => {
  const [x] = node.inputs
  const [inner] = x?.inputs ?? []
  if (node.op !== 'place' || node.inputs.length !== 1 || x?.op !== 'transpose' || inner === undefined) return null
  const order = numbers(x.attributes.order)
  const back = order.map((_, i) => order.indexOf(i))
  const undo = (list: readonly number[]): readonly number[] => back.map((i) => list[i] ?? 0)
  const [start = []] = lists(node.attributes.starts)
  const [step = []] = lists(node.attributes.steps)
  return transpose(order)(place(undo(node.shape), [{ start: undo(start), step: undo(step) }], [inner]))
}

interface Placed {
  readonly start: readonly number[]
  readonly step: readonly number[]
  readonly input: Tensor
}
const placed = (node: Tensor): readonly Placed[] => {
  const [starts, steps] = [lists(node.attributes.starts), lists(node.attributes.steps)]
  return node.inputs.map((input, i) => ({ start: starts[i] ?? [], step: steps[i] ?? [], input }))
}
const apart = (a: Placed, b: Placed): boolean =>
  a.start.some((from, i) => {
    const [other = 0, stepA = 1, stepB = 1] = [b.start[i], a.step[i], b.step[i]]
    const [endA, endB] = [from + ((a.input.shape[i] ?? 1) - 1) * stepA, other + ((b.input.shape[i] ?? 1) - 1) * stepB]
    return endA < other || endB < from || (stepA === stepB && (from - other) % stepA !== 0)
  })

/** A sum of tensors that are zero where the other is not is one placement. */
const joinPlaces: Rewrite = (node) => {
  const [x, y] = node.inputs
  if (node.op !== 'add' || x?.op !== 'place' || y?.op !== 'place') return null
  const [a, b] = [placed(x), placed(y)]
  if (!a.every((p) => b.every((q) => apart(p, q)))) return null
  const all = [...a, ...b]
  return place(
    node.shape,
    all,
    all.map((p) => p.input),
  )
}

/** A slice that lies inside one placed box reads that box's source. */
const sliceOfPlace: Rewrite = (node) => {
  const [x] = node.inputs
  if (node.op !== 'slice' || x?.op !== 'place') return null
  const [start, step] = [numbers(node.attributes.start), numbers(node.attributes.step)]
  if (step.some((s) => s !== 1)) return null
  const inside = placed(x).find(
    (p) =>
      p.step.every((s) => s === 1) &&
      start.every((s, i) => {
        const from = s - (p.start[i] ?? 0)
        return from >= 0 && from + (node.shape[i] ?? 0) <= (p.input.shape[i] ?? 0)
      }),
  )
  if (inside === undefined) return null
  return slice({ start: start.map((s, i) => s - (inside.start[i] ?? 0)), step, size: node.shape })(inside.input)
}

const rewrites: readonly Rewrite[] = [
  expand,
  foldConstants,
  neutral,
  gatherConstants,
  composeMovement,
  padInside,
  joinPlaces,
  sliceOfPlace,
  stageReductions,
  stageProducts,
]

const commutative: ReadonlySet<string> = new Set(['add', 'mul'])

/** Equal nodes have equal keys; inputs and literals are distinct by identity. */
const keyOf = (node: Tensor, id: (x: Tensor) => number): string | null => {
  if (node.op === 'input' || node.op === 'literal') return null
  const ids = node.inputs.map(id)
  const inputs = commutative.has(node.op) ? ids.toSorted((a, b) => a - b) : ids
  return `${node.op} ${JSON.stringify(node.attributes)} ${inputs.join(' ')} ${node.shape.join('x')}`
}

/** The same graphs in normal form, sharing every equal node, in the order given. */
export const simplify = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const normal = new Map<Tensor, Tensor>()
  const byKey = new Map<string, Tensor>()
  const ids = new Map<Tensor, number>()
  const id = (x: Tensor): number => {
    const known = ids.get(x) ?? ids.size
    ids.set(x, known)
    return known
  }
  const intern = (node: Tensor): Tensor => {
    const key = keyOf(node, id)
    if (key === null) return node
    const known = byKey.get(key)
    if (known === undefined) byKey.set(key, node)
    return known ?? node
  }
  const normalise = (root: Tensor): Tensor => {
    for (const node of topological([root], (x) => normal.has(x))) {
      const inputs = node.inputs.map((x) => normal.get(x) ?? x)
      const same = inputs.every((x, i) => x === node.inputs[i])
      const here = intern(same ? node : node.rule.rebuild(inputs))
      const known = normal.get(here)
      if (known !== undefined) {
        normal.set(node, known)
        continue
      }
      const better = rewrites.reduce<Tensor | null>((found, rewrite) => found ?? rewrite(here), null)
      const result = better === null ? here : normalise(better)
      normal.set(here, result)
      normal.set(node, result)
    }
    return normal.get(root) ?? root
  }
  return outputs.map(normalise)
}
