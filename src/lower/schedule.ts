/**
 * Graph to kernels in execution order. Pure: the same graph gives the same plan, whatever the backend and the number of
 * threads.
 */
import type { Buffer } from '../plan/plan.ts'
import type { Expression } from '../tensor/expression.ts'
import { size } from '../tensor/shape.ts'
import { type Lowering, type Strided, type Tensor, topological } from '../tensor/tensor.ts'
import type { DraftPlan } from './draft.ts'
import { fuse } from './fuse.ts'
import type { Graph } from './nest.ts'
import { inOrder } from './order.ts'
import { homesOf } from './place.ts'
import { required, unreachable } from './reach.ts'
import { declaredInputs, type Roots, type Slots, slotsOf } from './slots.ts'
import { settle } from './state.ts'
import { type Task, tasksOf } from './task.ts'
import { withoutUntouched } from './touched.ts'
import { lowerings } from './views.ts'

/**
 * The materialised nodes. Fusion determines what lies below a view, and which nodes below views need a buffer matters for
 * fusion: so fusion runs as if every view could be read, and again knowing which cannot.
 */
const realisedOf = (
  order: readonly Tensor[],
  roots: readonly Tensor[],
  table: ReadonlyMap<Tensor, Lowering>,
  lowering: (x: Tensor) => Lowering,
  { outlets }: Slots,
): ReadonlySet<Tensor> => {
  const own = outlets.flatMap((o) => (o.isOwn ? [o.node] : []))
  const fused = (more: Iterable<Tensor>): readonly [ReadonlySet<Tensor>, ReadonlySet<Tensor>] => {
    const realised = fuse(order, table, required(order, [...own, ...more], lowering))
    return [realised, unreachable(order, roots, lowering, realised)]
  }
  const [, beyond] = fused([])
  const [realised, rest] = fused(beyond)
  return new Set([...realised, ...rest])
}

/** Next states end up in the buffers of the old ones. */
const settled = (tasks: readonly Task[], { outlets, inputs }: Slots, buffers: readonly Buffer[]): readonly Task[] =>
  outlets.reduce((all, { name, buffer, isState }) => {
    if (!isState) return all
    const old = inputs.get(name)
    if (old === undefined) throw new Error(`state ${name}: there is no such input`)
    return settle(all, buffer, old.buffer, buffers)
  }, tasks)

/** What a plan computes in terms of the graph that it was made from. */
export interface Made {
  /** The node that a kernel computes, by the kernel's name, and where it is stored; fills and copies have none. */
  readonly kernels: ReadonlyMap<string, { readonly node: Tensor; readonly view: Strided }>
  /** The node that a part of a kernel's expression computes: the part itself, not another equal one. */
  readonly parts: ReadonlyMap<Expression, Tensor>
}

/**
 * `outputs` and `state` must be in normal form (`simplify`), sharing equal nodes. `declared` are all inputs of the program
 * as written, including those that simplification made unused; `nameOf` names the kernel of a node, null for the name of
 * its operation.
 */
export const schedule = (
  program: Roots,
  declared: readonly Tensor[],
  nameOf: (node: Tensor) => string | null,
): { readonly draft: DraftPlan; readonly made: Made } => {
  const roots = [...Object.values(program.outputs), ...Object.values(program.state)]
  const { placed, ignored } = declaredInputs(program, declared)
  const order = topological([...placed, ...roots])
  const table = lowerings(order)
  const lowering = (x: Tensor): Lowering => table.get(x) ?? x.rule.lower()
  const slots = slotsOf(program, order, lowering)
  const realised = realisedOf(order, roots, table, lowering, slots)

  const index = new Map(order.map((node, i) => [node, i]))
  const label = (node: Tensor): string => {
    const [name, i] = [nameOf(node), index.get(node)]
    return name === null ? `${node.op}.${i}` : `${name}.${i}`
  }
  const buffers = [...slots.buffers]
  const allocate = (node: Tensor): number => buffers.push({ name: label(node), size: size(node.shape) }) - 1
  const homes = homesOf(order, realised, lowering, slots.fixed, allocate)
  const parts = new Map<Expression, Tensor>()
  const computes = (part: Expression, node: Tensor): void => {
    if (part.kind !== 'operand' && !parts.has(part)) parts.set(part, node)
  }
  const graph: Graph = { lowering, home: (x) => homes.home.get(x) ?? null, computes }
  const tasks = settled(tasksOf(order, realised, graph, homes, slots.outlets, label), slots, buffers)

  const { outlets } = slots
  const kernels = new Map(
    order.flatMap((node) => {
      const home = realised.has(node) ? homes.home.get(node) : undefined
      return home === undefined ? [] : [[label(node), { node, view: home.view }] as const]
    }),
  )
  const draft = withoutUntouched({
    buffers,
    inputs: [...slots.inputs.values()],
    ignored,
    constants: slots.constants,
    outputs: outlets.filter((o) => !o.isState).map((o) => ({ name: o.name, buffer: o.buffer, shape: o.node.shape })),
    state: outlets.filter((o) => o.isState).map((o) => o.name),
    drafts: inOrder(tasks).map((task) => task.draft),
  })
  return { draft, made: { kernels, parts } }
}
