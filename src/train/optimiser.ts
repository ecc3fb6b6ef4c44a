/**
 * An optimiser is a value, and optimisers chain (after optax): each link takes the updates of the one before it, the first
 * one the gradient, and gives updates that the last one's are added to the parameters.
 *
 *   chain(clipByGlobalNorm(1), scaleByAdam(), addDecayedWeights(0.01), scaleByLearningRate(1e-3))
 *
 * `update` is tensors: it becomes part of the plan of a step. `feeds` are float64 numbers that the host computes for every
 * update (bias corrections, the learning rate), so that one plan serves every step. All parameters are one tensor [P], and
 * so is each state; `unflatten(spec)` (`diffit/nn`) gives the tree for links that treat leaves differently.
 */
import type { Spec } from '../nn/spec.ts'
import { ShapeError, type Tensor } from '../tensor/ops.ts'

/** Images and updates of a run, those of the update that is being made included: the first update is 1. */
export interface Progress {
  readonly images: number
  readonly updates: number
}

/** A state of an optimiser, laid out as the parameters of a spec; where it starts. */
export interface StateSpec {
  readonly spec: Spec
  readonly from: 'zeros' | 'parameters'
}

/** What a link works on: tensors [P] and scalars []. */
export interface Step<StateName extends string = string, FeedName extends string = string> {
  readonly spec: Spec
  /** The parameters before the update, [P]. */
  readonly theta: Tensor
  /** The updates of the link before; the gradient for the first. [P] */
  readonly updates: Tensor
  readonly state: Readonly<Record<StateName, Tensor>>
  readonly feeds: Readonly<Record<FeedName, Tensor>>
}

/** What an update gives: the updates for the next link, and the next states. */
export interface Updated<StateName extends string = string> {
  /** [P] */
  readonly updates: Tensor
  readonly state: Readonly<Record<StateName, Tensor>>
}

/** An optimiser: its states, its update in tensors, and the numbers that the host feeds. */
export interface Optimiser {
  /** The states by name, for parameters of a spec. */
  readonly init: (spec: Spec) => Readonly<Record<string, StateSpec>>
  readonly update: (step: Step) => Updated
  /** The scalars of an update, by name; the names are always the same. */
  readonly feeds: (at: Progress) => Readonly<Record<string, number>>
  /** The learning rate of an update, for reports; null where there is none. */
  readonly learningRate: (at: Progress) => number | null
  /** Images of a whole run, for a schedule that has an end; else null. */
  readonly end: number | null
  /** The state that holds the parameters to evaluate with; null where they are the parameters themselves. */
  readonly evaluated: string | null
}

const pick = <Name extends string, A>(
  names: readonly Name[],
  from: Readonly<Record<string, A>>,
  what: string,
): Readonly<Record<Name, A>> => {
  const has = (record: Readonly<Record<string, A>>): record is Readonly<Record<Name, A>> =>
    names.every((name) => Object.hasOwn(record, name))
  if (!has(from)) {
    const missing = names.find((name) => !Object.hasOwn(from, name))
    throw new ShapeError('update', [], `the optimiser has no ${what} "${missing}"`)
  }
  return from
}

const namesOf = <Name extends string>(record: Readonly<Record<Name, unknown>>): readonly Name[] => {
  const isName = (name: string): name is Name => Object.hasOwn(record, name)
  return Object.keys(record).filter(isName)
}

const prefixed = <A>(name: string, record: Readonly<Record<string, A>>): Readonly<Record<string, A>> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [`${name}.${key}`, value]))

const stripped = <A>(name: string, record: Readonly<Record<string, A>>): Readonly<Record<string, A>> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) =>
      key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), value]] : [],
    ),
  )

/** States and feeds of an optimiser under a name, `adam.m`, so that several can stand side by side. */
export const under = (name: string, o: Optimiser): Optimiser => ({
  init: (spec) => prefixed(name, o.init(spec)),
  update: (step) => {
    const { updates, state } = o.update({
      ...step,
      state: stripped(name, step.state),
      feeds: stripped(name, step.feeds),
    })
    return { updates, state: prefixed(name, state) }
  },
  feeds: (at) => prefixed(name, o.feeds(at)),
  learningRate: o.learningRate,
  end: o.end,
  evaluated: o.evaluated === null ? null : `${name}.${o.evaluated}`,
})

/** What a link declares: its states, its feeds, and how it changes updates. */
export interface Link<StateName extends string, FeedName extends string> {
  /** Before its states and feeds, which are `name.state`: names of one chain differ. */
  readonly name: string
  /** Where each state starts; all are laid out as the parameters are. */
  readonly state: Readonly<Record<StateName, StateSpec['from']>>
  readonly feeds: (at: Progress) => Readonly<Record<FeedName, number>>
  readonly update: (step: Step<StateName, FeedName>) => Updated<StateName>
  readonly learningRate?: (at: Progress) => number
  readonly end?: number | null
  readonly evaluated?: NoInfer<StateName>
}

/** One link of a chain: any transformation of updates. */
export const link = <StateName extends string = never, FeedName extends string = never>(
  l: Link<StateName, FeedName>,
): Optimiser => {
  const states = namesOf(l.state)
  const feeds = namesOf(l.feeds({ images: 1, updates: 1 }))
  return under(l.name, {
    init: (spec) => Object.fromEntries(states.map((name) => [name, { spec, from: l.state[name] }])),
    update: (step) =>
      l.update({ ...step, state: pick(states, step.state, 'state'), feeds: pick(feeds, step.feeds, 'feed') }),
    feeds: l.feeds,
    learningRate: l.learningRate ?? (() => null),
    end: l.end ?? null,
    evaluated: l.evaluated ?? null,
  })
}

/** Two records as one; a name in both is an error. */
export const joined = <A>(
  what: string,
  records: readonly Readonly<Record<string, A>>[],
): Readonly<Record<string, A>> => {
  const entries = records.flatMap((record) => Object.entries(record))
  const twice = entries.find(([name], i) => entries.findIndex(([other]) => other === name) !== i)
  if (twice !== undefined)
    throw new ShapeError('chain', [], `two ${what}s are called "${twice[0]}": give one of the links another name`)
  return Object.fromEntries(entries)
}

const own = <A>(names: Readonly<Record<string, unknown>>, from: Readonly<Record<string, A>>) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => Object.hasOwn(names, name)))

const earliest = (ends: readonly (number | null)[]): number | null => {
  const known = ends.filter((end) => end !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** What several optimisers have together, but for how they update. */
export const together = (all: readonly Optimiser[]): Omit<Optimiser, 'update'> => ({
  init: (spec) =>
    joined(
      'state',
      all.map((o) => o.init(spec)),
    ),
  feeds: (at) =>
    joined(
      'feed',
      all.map((o) => o.feeds(at)),
    ),
  learningRate: (at) => all.map((o) => o.learningRate(at)).findLast((rate) => rate !== null) ?? null,
  end: earliest(all.map((o) => o.end)),
  evaluated: all.map((o) => o.evaluated).findLast((name) => name !== null) ?? null,
})

/** The links one after the other: each gets the updates of the one before. */
export const chain = (...links: readonly Optimiser[]): Optimiser => ({
  ...together(links),
  update: (step) =>
    links.reduce<Updated>(
      ({ updates, state }, each) => {
        const next = each.update({ ...step, updates, state: own(each.init(step.spec), step.state) })
        return { updates: next.updates, state: { ...state, ...next.state } }
      },
      { updates: step.updates, state: {} },
    ),
})
