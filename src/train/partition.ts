/** Different optimisers for different parameters. */
import { type ByName, byName, flatten, type Leaf, leavesOf, type Spec, unflatten } from '../nn/spec.ts'
import { ShapeError } from '../tensor/ops.ts'
import { type Optimiser, together, under } from './optimiser.ts'

/** Some of the parameters, and their optimiser. */
export interface Group {
  /** Before the names of the group's states and feeds. */
  readonly name: string
  readonly optimiser: Optimiser
  /** Whether a parameter is of this group; the first group that says so has it. */
  readonly where: (leaf: Leaf) => boolean
}

/** The groups under their names, each with its own parameters by name. */
const membersOf = (
  groups: readonly Group[],
  spec: Spec,
): readonly { readonly optimiser: Optimiser; readonly own: ByName }[] => {
  const groupOf = new Map(
    leavesOf(spec).map((leaf) => {
      const found = groups.find(({ where }) => where(leaf))
      if (found === undefined) throw new ShapeError('partition', [], `no group takes the parameter "${leaf.name}"`)
      return [leaf.name, found] as const
    }),
  )
  const all = Object.entries(byName(spec))
  return groups.map((group) => ({
    optimiser: under(group.name, group.optimiser),
    own: Object.fromEntries(all.filter(([name]) => groupOf.get(name) === group)),
  }))
}

/** Different optimisers for different parameters: those of a group are one tensor for its optimiser. */
export const partition = (...groups: readonly Group[]): Optimiser => ({
  ...together(groups.map(({ name, optimiser }) => under(name, optimiser))),
  init: (spec) => Object.assign({}, ...membersOf(groups, spec).map(({ optimiser, own }) => optimiser.init(own))),
  update: (step) => {
    const whole = byName(step.spec)
    const [theta, updates] = [unflatten(whole)(step.theta), unflatten(whole)(step.updates)]
    const parts = membersOf(groups, step.spec).map(({ optimiser, own }) => {
      const flat = flatten(own)
      const made = optimiser.update({ ...step, spec: own, theta: flat(theta), updates: flat(updates) })
      return { updates: unflatten(own)(made.updates), state: made.state }
    })
    return {
      updates: flatten(whole)(Object.assign({}, ...parts.map((part) => part.updates))),
      state: Object.assign({}, ...parts.map((part) => part.state)),
    }
  },
})
