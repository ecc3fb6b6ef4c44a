/** Different optimisers for different parameters. */
import { aligned, type ByName, byName, flatSize, type Leaf, leavesOf, type Spec } from '../nn/spec.ts'
import { full, place, ShapeError, type Tensor, take } from '../tensor/ops.ts'
import { type Optimiser, together, under } from './optimiser.ts'

/** Some of the parameters, and their optimiser. */
export interface Group {
  /** Before the names of the group's states and feeds. */
  readonly name: string
  readonly optimiser: Optimiser
  /** Whether a parameter is of this group; the first group that says so has it. */
  readonly where: (leaf: Leaf) => boolean
  /** The group's parameters in the order in which they lie in its tensors; that of the whole spec unless given. */
  readonly arrange?: (own: ByName) => ByName
}

interface Member {
  readonly optimiser: Optimiser
  readonly own: ByName
}

/** The groups under their names, each with its own parameters by name. */
const membersOf = (groups: readonly Group[], spec: Spec): readonly Member[] => {
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
    own: (group.arrange ?? same)(Object.fromEntries(all.filter(([name]) => groupOf.get(name) === group))),
  }))
}

const same = (own: ByName): ByName => own

/** Elements that lie one behind another in the tensor of all parameters and in a group's own. */
interface Run {
  readonly whole: number
  readonly own: number
  readonly size: number
}

/**
 * The parameters of a group as few runs: one after another in the group's tensor, and those that are neighbours in the other
 * too are one run. Zeros up to the next parameter belong to it.
 */
const runsOf = (spec: Spec, own: ByName): readonly Run[] => {
  const starts = new Map(leavesOf(spec).map(({ name, start }) => [name, start]))
  return leavesOf(own).reduce<readonly Run[]>((runs, { name, start, size: n }) => {
    const [whole, last, size] = [starts.get(name), runs.at(-1), aligned(n)]
    if (whole === undefined) throw new ShapeError('partition', [], `there is no parameter "${name}" in the whole spec`)
    return last !== undefined && last.whole + last.size === whole
      ? [...runs.slice(0, -1), { ...last, size: last.size + size }]
      : [...runs, { whole, own: start, size }]
  }, [])
}

const placedAt = (total: number, starts: readonly number[], parts: readonly Tensor[]): Tensor =>
  parts.length === 0
    ? full(0, [total])
    : place(
        [total],
        starts.map((start) => ({ start: [start], step: [1] })),
        parts,
      )

/** Different optimisers for different parameters: those of a group are one tensor for its optimiser. */
export const partition = (...groups: readonly Group[]): Optimiser => ({
  ...together(groups.map(({ name, optimiser }) => under(name, optimiser))),
  init: (spec) => Object.assign({}, ...membersOf(groups, spec).map(({ optimiser, own }) => optimiser.init(own))),
  update: (step) => {
    const parts = membersOf(groups, step.spec).map(({ optimiser, own }) => {
      const runs = runsOf(step.spec, own)
      const flat = (x: Tensor): Tensor =>
        placedAt(
          flatSize(own),
          runs.map((run) => run.own),
          runs.map(({ whole, size }) => take(0, whole, whole + size)(x)),
        )
      const made = optimiser.update({ ...step, spec: own, theta: flat(step.theta), updates: flat(step.updates) })
      return { ...made, runs }
    })
    const pieces = parts.flatMap(({ runs, updates }) =>
      runs.map(({ whole, own, size }) => ({ whole, piece: take(0, own, own + size)(updates) })),
    )
    return {
      updates: placedAt(
        flatSize(step.spec),
        pieces.map(({ whole }) => whole),
        pieces.map(({ piece }) => piece),
      ),
      state: Object.assign({}, ...parts.map((part) => part.state)),
    }
  },
})
