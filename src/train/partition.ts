/** Different optimisers for different parameters. */
import { byName, flatten, type Leaf, leavesOf, type Spec, unflatten } from '../nn/spec.ts'
import { ShapeError, type Tensor } from '../tensor/ops.ts'
import { type Optimiser, together, type Updated, under } from './optimiser.ts'

/** Some of the parameters, and their optimiser. */
export interface Group {
  /** Before the names of the group's states and feeds. */
  readonly name: string
  readonly optimiser: Optimiser
  /** Whether a parameter is of this group; the first group that says so has it. */
  readonly where: (leaf: Leaf) => boolean
}

type Flat = { readonly [name: string]: Tensor }

/** The parameters of each group, by name. */
const membersOf = (groups: readonly Group[], spec: Spec): readonly Spec[] => {
  const named = byName(spec)
  const groupOf = new Map(
    leavesOf(spec).map((leaf) => {
      const found = groups.findIndex(({ where }) => where(leaf))
      if (found < 0) throw new ShapeError('partition', [], `no group takes the parameter "${leaf.name}"`)
      return [leaf.name, found] as const
    }),
  )
  return groups.map((_, i) => Object.fromEntries(Object.entries(named).filter(([name]) => groupOf.get(name) === i)))
}

/** Leaves by name, of a tensor [P] laid out by the spec. */
const leavesIn = (spec: Spec, flat: Tensor): Flat => unflatten(byName(spec))(flat)

/** Different optimisers for different parameters: those of a group are one tensor for its optimiser. */
export const partition = (...groups: readonly Group[]): Optimiser => {
  const named = groups.map(({ name, optimiser }) => under(name, optimiser))
  return {
    ...together(named),
    init: (spec) => Object.assign({}, ...named.map((o, i) => o.init(membersOf(groups, spec)[i] ?? {}))),
    update: (step) => {
      const [theta, updates] = [leavesIn(step.spec, step.theta), leavesIn(step.spec, step.updates)]
      const parts = membersOf(groups, step.spec).map(
        (spec, i): { readonly updates: Flat; readonly state: Updated['state'] } => {
          const own = flatten(byName(spec))
          const made = named[i]?.update({ ...step, spec, theta: own(theta), updates: own(updates) })
          return made === undefined
            ? { updates: {}, state: {} }
            : { updates: leavesIn(spec, made.updates), state: made.state }
        },
      )
      return {
        updates: flatten(byName(step.spec))(Object.assign({}, ...parts.map((part) => part.updates))),
        state: Object.assign({}, ...parts.map((part) => part.state)),
      }
    },
  }
}
