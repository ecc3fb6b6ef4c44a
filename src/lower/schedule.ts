/**
 * Graph to kernels, in the order in which they run. Pure: the same graph gives the same plan, whatever the backend and
 * the number of threads.
 */

import type { Buffer, Ignored, Plan, Port } from '../plan/plan.ts'
import type { Program } from '../plan/program.ts'
import { sameShape, size, text } from '../tensor/shape.ts'
import { type Lowering, type Tensor, topological } from '../tensor/tensor.ts'
import type { Draft } from './draft.ts'
import { below, fuse, lowerings, rowMajor } from './fuse.ts'
import {
  copyNest,
  fillNest,
  type Graph,
  type Home,
  isUnreachable,
  mapNest,
  reduceNest,
  through,
  type Unreachable,
} from './nest.ts'
import { gapsOf, type Homes, homesOf } from './place.ts'
import { productDraft } from './product.ts'

export type Schedule = Omit<Plan, 'regions' | 'lifetimes'> & { readonly drafts: readonly Draft[] }

interface Task {
  readonly depth: number
  readonly draft: Draft
}

/** Declared inputs by name: those that have a place in the plan, and those that nothing depends on. */
const placesOf = ({ outputs, state }: Program, declared: readonly Tensor[]) => {
  const nodes = topological([...Object.values(outputs), ...Object.values(state)])
  const needed = new Set([...nodes.flatMap((x) => inputName(x) ?? []), ...Object.keys(state)])
  const shapes = new Map<string, Ignored>()
  for (const node of declared) {
    const name = inputName(node)
    if (name === null) throw new Error(`schedule: ${node.op} is declared as an input, which it is not`)
    const known = shapes.get(name)
    if (known !== undefined && !sameShape(known.shape, node.shape))
      throw new Error(`input ${name} has two shapes: ${text(known.shape)} and ${text(node.shape)}`)
    shapes.set(name, { name, shape: node.shape })
  }
  return {
    placed: declared.filter((x) => needed.has(inputName(x) ?? '')),
    ignored: [...shapes.values()].filter(({ name }) => !needed.has(name)),
  }
}

/**
 * `outputs` and `state` must be in normal form (`simplify`), sharing their equal nodes. `declared` are all inputs of the
 * program as it was written, those too that nothing needs any more.
 */
export const schedule = ({ outputs, state }: Program, declared: readonly Tensor[]): Schedule => {
  const roots = [...Object.values(outputs), ...Object.values(state)]
  const { placed, ignored } = placesOf({ outputs, state }, declared)
  const order = topological([...placed, ...roots])
  const table = lowerings(order)
  const lowering = (x: Tensor): Lowering => table.get(x) ?? x.rule.lower(x.inputs)
  const forced = new Set<Tensor>()
  for (;;) {
    const attempt = build({ outputs, state }, order, lowering, table, forced)
    if (!('unreachable' in attempt)) return { ...attempt, ignored }
    const more = attempt.unreachable.filter((x) => !forced.has(x))
    if (more.length === 0) throw new Error(`schedule: ${attempt.unreachable[0]?.op} cannot be reached by strides`)
    for (const x of more) forced.add(x)
  }
}

const inputName = (x: Tensor): string | null => {
  const { name } = x.attributes
  return x.op === 'input' && typeof name === 'string' ? name : null
}

const isLeaf = (l: Lowering): boolean => l.kind === 'input' || l.kind === 'literal'

/** A schedule, or the nodes that must be realised before one exists. */
const build = (
  program: Program,
  order: readonly Tensor[],
  lowering: (x: Tensor) => Lowering,
  table: ReadonlyMap<Tensor, Lowering>,
  forced: ReadonlySet<Tensor>,
): Omit<Schedule, 'ignored'> | { readonly unreachable: readonly Tensor[] } => {
  const buffers: Buffer[] = []
  const allocate = (name: string, elements: number): number => buffers.push({ name, size: elements }) - 1

  // leaves
  const fixed = new Map<Tensor, Home>()
  const inputs = new Map<string, Port>()
  const constants: { buffer: number; data: Float64Array }[] = []
  for (const node of order) {
    const l = lowering(node)
    if (l.kind === 'input') {
      const port = inputs.get(l.name) ?? { name: l.name, buffer: allocate(l.name, size(node.shape)), shape: node.shape }
      inputs.set(l.name, port)
      fixed.set(node, { buffer: port.buffer, view: rowMajor(node.shape) })
    } else if (l.kind === 'literal') {
      const buffer = allocate('literal', size(node.shape))
      constants.push({ buffer, data: l.data })
      fixed.set(node, { buffer, view: rowMajor(node.shape) })
    }
  }

  // outputs and next states: computed into the port's own buffer, or copied there
  const ports = [
    ...Object.entries(program.outputs).map(([name, node]) => ({ name, node, isState: false })),
    ...Object.entries(program.state).map(([name, node]) => ({ name, node, isState: true })),
  ]
  const wanted = new Set<Tensor>()
  const outlets = ports.map((p) => {
    const kind = lowering(p.node).kind
    const own = kind !== 'view' && !isLeaf(lowering(p.node)) && !wanted.has(p.node)
    const buffer = allocate(p.isState ? `${p.name}.next` : p.name, size(p.node.shape))
    if (own) {
      wanted.add(p.node)
      fixed.set(p.node, { buffer, view: rowMajor(p.node.shape) })
    }
    return { ...p, buffer, own }
  })
  const realised = fuse(order, table, [...wanted], forced)
  const index = new Map(order.map((node, i) => [node, i]))
  const label = (node: Tensor): string => `${node.op}.${index.get(node) ?? 0}`
  const { home, boxes }: Homes = homesOf(order, realised, forced, lowering, fixed, (node) =>
    allocate(label(node), size(node.shape)),
  )
  const graph: Graph = { lowering, home: (x) => home.get(x) ?? null }

  // depth: how many kernels must run before; kernels run in this order, so that gradients are used while they are warm
  const late = order.length
  const lateNodes = new Set(Object.values(program.state))
  const depths = new Map<Tensor, number>()
  const depth = (x: Tensor): number => depths.get(x) ?? 0
  for (const node of order) {
    const before = Math.max(0, ...node.inputs.map(depth))
    const kind = lowering(node).kind
    const copied = (boxes.get(node) ?? []).filter((b) => !b.inPlace).map((b) => depth(b.source) + 1)
    const step = kind === 'place' ? Math.max(before, ...copied) : before + (realised.has(node) ? 1 : 0)
    depths.set(node, lateNodes.has(node) ? step + late : step)
  }

  /** When the first number is written into a placement: it must be cleared before. */
  const firstWrite = (node: Tensor): number =>
    Math.min(
      ...(boxes.get(node) ?? []).map(({ source, inPlace }) => {
        const { base } = below(source, (x) => realised.has(x), lowering)
        if (!inPlace) return depth(source) + 1
        return boxes.has(base) ? firstWrite(base) : depth(base)
      }),
    )

  const tasks: Task[] = []
  const missing: Tensor[] = []
  const emit = (at: number, draft: Draft | Unreachable): void => {
    if (isUnreachable(draft)) missing.push(draft.unreachable)
    else tasks.push({ depth: at, draft })
  }
  for (const node of order) {
    const store = home.get(node)
    if (store === undefined || !realised.has(node)) continue
    const l = lowering(node)
    switch (l.kind) {
      case 'map':
      case 'view':
        emit(depth(node), mapNest(label(node), node, store, graph, node))
        break
      case 'reduce':
        emit(depth(node), reduceNest(label(node), node, l.how, l.axes, store, graph))
        break
      case 'contract': {
        const [a, b] = node.inputs.map((x) => operandHome(x, graph))
        if (a === undefined || b === undefined) throw new Error('schedule: a contraction has two inputs')
        if (isUnreachable(a)) emit(0, a)
        else if (isUnreachable(b)) emit(0, b)
        else emit(depth(node), productDraft(label(node), l.spec, a, b, store))
        break
      }
      case 'place': {
        const parts = boxes.get(node) ?? []
        const covered = parts.reduce((n, p) => n + size(p.source.shape), 0)
        if (covered < size(node.shape))
          for (const gap of gapsOf(node.shape, store, parts))
            emit(firstWrite(node) - 0.5, fillNest(`${label(node)}.zero`, 0, gap))
        for (const p of parts)
          if (!p.inPlace)
            emit(depth(p.source) + 1, mapNest(`${label(node)}.${p.source.op}`, p.source, p.store, graph, null))
        break
      }
      default:
        throw new Error(`schedule: ${l.kind} is no kernel`)
    }
  }
  for (const o of outlets)
    if (!o.own) {
      const store = { buffer: o.buffer, view: rowMajor(o.node.shape) }
      emit(depth(o.node) + 1, mapNest(`${o.name}.copy`, o.node, store, graph, null))
    }
  if (missing.length > 0) return { unreachable: missing }
  const sorted = tasks.toSorted((a, b) => a.depth - b.depth).map((t) => t.draft)

  const states = outlets.filter((o) => o.isState)
  const drafts = states.reduce<readonly Draft[]>(
    (ds, o) => settle(ds, o.buffer, inputs.get(o.name)?.buffer ?? o.buffer, buffers),
    sorted,
  )
  return {
    buffers,
    inputs: [...inputs.values()],
    constants,
    outputs: outlets.filter((o) => !o.isState).map((o) => ({ name: o.name, buffer: o.buffer, shape: o.node.shape })),
    state: states.map((o) => o.name),
    drafts,
  }
}

const operandHome = (x: Tensor, g: Graph): Home | Unreachable => {
  const { base, chain } = below(x, (y) => g.home(y) !== null, g.lowering)
  const home = g.home(base)
  if (home === null) return { unreachable: base }
  const view = through(home.view, chain, g.lowering)
  return isUnreachable(view) ? view : { buffer: home.buffer, view }
}

const onto = (d: Draft, from: number, to: number): Draft => ({
  ...d,
  operands: d.operands.map((o) => (o.buffer === from ? { ...o, buffer: to } : o)),
})

/**
 * The next state takes over the buffer of the old one where the kernel that makes it is the last to read the old one,
 * and reads it only at the element that it replaces; otherwise it is copied there at the end.
 */
const settle = (drafts: readonly Draft[], next: number, old: number, buffers: readonly Buffer[]): readonly Draft[] => {
  if (next === old) throw new Error(`state ${buffers[next]?.name}: there is no such input`)
  const makers = drafts.flatMap((d, i) => (d.operands[0]?.buffer === next ? [i] : []))
  const last = drafts.findLastIndex((d) => d.operands.slice(1).some((o) => o.buffer === old))
  const [maker = -1] = makers
  const d = drafts[maker]
  const alike =
    d?.body.kind === 'nest' &&
    d.body.fold === null &&
    d.operands.every(
      (o, i) =>
        o.buffer !== old || (o.offset === d.operands[0]?.offset && d.parallel.every((l) => l.steps[i] === l.steps[0])),
    )
  if (makers.length === 1 && alike && last <= maker) return drafts.map((x) => onto(x, next, old))
  const view = { offset: 0, shape: [buffers[next]?.size ?? 0], strides: [1] }
  return [...drafts, copyNest(`${buffers[old]?.name}.copy`, { buffer: next, view }, { buffer: old, view })]
}
