/** The buffers through which values enter and leave a plan: inputs, literals, outputs and next states, by name. */
import type { Buffer, Ignored, Plan, Slot } from '../plan/plan.ts'
import type { Tensors } from '../plan/program.ts'
import { inputName } from '../tensor/leaf.ts'
import { size } from '../tensor/shape.ts'
import { type Lowering, type Tensor, topological } from '../tensor/tensor.ts'
import type { Home } from './nest.ts'
import { isLeaf, type LoweringOf, rowMajor } from './views.ts'

/** What a plan computes: outputs and next states, by name. */
export interface Roots {
  readonly outputs: Tensors
  readonly state: Tensors
}

/** What an index is below, as a part of its slot. */
const bound = (l: Lowering): Pick<Slot, 'below'> =>
  l.kind === 'input' && l.below !== undefined ? { below: l.below } : {}

/** Declared inputs, one a name: those that have a place in the plan, and those that nothing depends on, by name. */
export const declaredInputs = ({ outputs, state }: Roots, declared: readonly Tensor[]) => {
  const nodes = topological([...Object.values(outputs), ...Object.values(state)])
  const needed = new Set([...nodes.flatMap((x) => inputName(x) ?? []), ...Object.keys(state)])
  const named = declared.flatMap((node) => {
    const name = inputName(node)
    return name === null ? [] : [{ name, node }]
  })
  const [placed, ignored] = [named.filter((x) => needed.has(x.name)), named.filter((x) => !needed.has(x.name))]
  return {
    placed: placed.map(({ node }) => node),
    ignored: ignored.map(({ name, node }): Ignored => ({ name, shape: node.shape, ...bound(node.rule.lower()) })),
  }
}

/** An output or a next state: computed into its own buffer, or copied there. */
export interface Outlet {
  readonly name: string
  readonly node: Tensor
  readonly isState: boolean
  readonly buffer: number
  readonly isOwn: boolean
}

export interface Slots {
  readonly buffers: readonly Buffer[]
  readonly inputs: ReadonlyMap<string, Slot>
  readonly constants: Plan['constants']
  readonly outlets: readonly Outlet[]
  /** Homes of leaves, and of nodes computed directly into an outlet's buffer. */
  readonly fixed: ReadonlyMap<Tensor, Home>
}

export const slotsOf = ({ outputs, state }: Roots, order: readonly Tensor[], lowering: LoweringOf): Slots => {
  const buffers: Buffer[] = []
  const allocate = (name: string, node: Tensor): number => buffers.push({ name, size: size(node.shape) }) - 1
  const fixed = new Map<Tensor, Home>()
  const inputs = new Map<string, Slot>()
  const constants: { buffer: number; data: Float64Array }[] = []
  for (const node of order) {
    const l = lowering(node)
    if (l.kind === 'input') {
      const slot = inputs.get(l.name) ?? {
        name: l.name,
        buffer: allocate(l.name, node),
        shape: node.shape,
        ...bound(l),
      }
      inputs.set(l.name, slot)
      fixed.set(node, { buffer: slot.buffer, view: rowMajor(node.shape) })
    } else if (l.kind === 'literal') {
      const buffer = allocate('literal', node)
      constants.push({ buffer, data: l.data })
      fixed.set(node, { buffer, view: rowMajor(node.shape) })
    }
  }
  const named = [
    ...Object.entries(outputs).map(([name, node]) => ({ name, node, isState: false })),
    ...Object.entries(state).map(([name, node]) => ({ name, node, isState: true })),
  ]
  const outlets = named.map((o): Outlet => {
    const l = lowering(o.node)
    const isOwn = l.kind !== 'view' && !isLeaf(l) && !fixed.has(o.node)
    const buffer = allocate(o.isState ? `${o.name}.next` : o.name, o.node)
    if (isOwn) fixed.set(o.node, { buffer, view: rowMajor(o.node.shape) })
    return { ...o, buffer, isOwn }
  })
  return { buffers, inputs, constants, outlets, fixed }
}
