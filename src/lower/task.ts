/** Kernels to run, each with its dependencies. */
import { size } from '../tensor/shape.ts'
import type { Lowering, Tensor } from '../tensor/tensor.ts'
import type { Draft } from './draft.ts'
import { fillNest, type Graph, mapNest, reduceNest } from './nest.ts'
import { gapsOf, type Homes } from './place.ts'
import { productDraft } from './product.ts'
import type { Outlet } from './slots.ts'
import { below, rowMajor, through } from './views.ts'

export interface Task {
  readonly draft: Draft
  /** Indices of the tasks that write what it reads, or clear what it writes into. */
  readonly after: readonly number[]
  /**
   * A fill clears a gap of a placement; a next state runs after all readers of the old one; a last one runs at the end.
   */
  readonly role: 'kernel' | 'fill' | 'next state' | 'last'
}

/** The kernel that computes a node into its home. */
const kernelDraft = (name: string, node: Tensor, l: Lowering, graph: Graph): Draft => {
  const homeOf = (x: Tensor) => {
    const home = graph.home(x)
    if (home === null) throw new Error(`schedule: ${x.op} has no buffer`)
    return home
  }
  switch (l.kind) {
    case 'map':
    case 'view':
      return mapNest(name, node, homeOf(node), graph, node)
    case 'reduce':
      return reduceNest(name, node, l.fold, l.axes, homeOf(node), graph)
    case 'contract': {
      const [a, b] = node.inputs.map((x) => {
        const { base, chain } = below(x, (y) => graph.home(y) !== null, graph.lowering)
        const { buffer, view } = homeOf(base)
        return { buffer, view: through(view, chain, graph.lowering) }
      })
      if (a === undefined || b === undefined) throw new Error('schedule: a contraction has two inputs')
      return productDraft(name, l.spec, a, b, homeOf(node))
    }
    default:
      throw new Error(`schedule: ${l.kind} is no kernel`)
  }
}

/** For every node without a home, the materialised nodes that computing it reads. */
const sourcesOf = (order: readonly Tensor[], { home }: Graph): ((node: Tensor) => Iterable<Tensor>) => {
  const sources = new Map<Tensor, ReadonlySet<Tensor>>()
  const of = (x: Tensor): Iterable<Tensor> => (home(x) === null ? (sources.get(x) ?? []) : [x])
  for (const node of order) sources.set(node, new Set(node.inputs.flatMap((x) => [...of(x)])))
  return of
}

/** A task before its fills are known: those of the placement that it writes into. */
interface Unfilled extends Task {
  readonly into: Tensor | null
}

/** The enclosing placement of every node that is computed in a box of one. */
const placementsOf = ({ boxes }: Homes): ReadonlyMap<Tensor, Tensor> =>
  new Map([...boxes].flatMap(([node, parts]) => parts.flatMap((p) => (p.inPlace ? [[p.base, node] as const] : []))))

/** Every task with the fills of the placement that it writes into, and of the enclosing ones. */
const afterFills = (tasks: readonly Unfilled[], around: ReadonlyMap<Tensor, Tensor>): readonly Task[] => {
  const fills = new Map<Tensor, readonly number[]>()
  tasks.forEach(({ role, into }, i) => {
    if (role === 'fill' && into !== null) fills.set(into, [...(fills.get(into) ?? []), i])
  })
  return tasks.map(({ into, ...task }): Task => {
    const after = [...task.after]
    for (let place = into ?? undefined; place !== undefined; place = around.get(place))
      after.push(...(fills.get(place) ?? []))
    return task.role === 'fill' ? task : { ...task, after }
  })
}

export const tasksOf = (
  order: readonly Tensor[],
  realised: ReadonlySet<Tensor>,
  graph: Graph,
  homes: Homes,
  outlets: readonly Outlet[],
  label: (node: Tensor) => string,
): readonly Task[] => {
  const nextStates = new Set(outlets.flatMap((o) => (o.isState ? [o.node] : [])))
  const sources = sourcesOf(order, graph)
  const tasks: Unfilled[] = []
  /** Tasks that must have run before a node is complete. */
  const writers = new Map<Tensor, readonly number[]>()
  const writersOf = (nodes: Iterable<Tensor>): readonly number[] => [
    ...new Set([...nodes].flatMap((x) => writers.get(x) ?? [])),
  ]
  const emit = (task: Unfilled): number => tasks.push(task) - 1

  /** Clears the gaps of a placement, and copies into its boxes what is not computed there. */
  const emitPlacement = (node: Tensor): readonly number[] => {
    const parts = homes.boxes.get(node) ?? []
    const store = graph.home(node)
    const covered = parts.reduce((n, p) => n + size(p.source.shape), 0)
    const gaps = store === null || covered >= size(node.shape) ? [] : gapsOf(node.shape, store, parts)
    const fills = gaps.map((gap) =>
      emit({ draft: fillNest(`${label(node)}.zero`, 0, gap), after: [], role: 'fill', into: node }),
    )
    const written = parts.flatMap(({ source, base, store: box, inPlace }) =>
      inPlace
        ? writersOf([base])
        : emit({
            draft: mapNest(`${label(node)}.${source.op}`, base, box, graph, null),
            after: writersOf(sources(base)),
            role: 'kernel',
            into: node,
          }),
    )
    return [...fills, ...written]
  }

  const around = placementsOf(homes)
  for (const node of order) {
    if (!realised.has(node)) continue
    const l = graph.lowering(node)
    if (l.kind === 'place') writers.set(node, emitPlacement(node))
    else
      writers.set(node, [
        emit({
          draft: kernelDraft(label(node), node, l, graph),
          after: writersOf(node.inputs.flatMap((x) => [...sources(x)])),
          role: nextStates.has(node) ? 'next state' : 'kernel',
          into: around.get(node) ?? null,
        }),
      ])
  }
  for (const { name, node, buffer, isOwn } of outlets)
    if (!isOwn)
      emit({
        draft: mapNest(`${name}.copy`, node, { buffer, view: rowMajor(node.shape) }, graph, null),
        after: writersOf(sources(node)),
        role: nextStates.has(node) ? 'next state' : 'kernel',
        into: null,
      })
  return afterFills(tasks, around)
}
