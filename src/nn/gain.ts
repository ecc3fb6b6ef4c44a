/** Initial values times a gain, parameter by parameter: what a file holds, and where, stays as it is. */
import type { Init, Parameter } from './parameter.ts'
import { type ByName, byName, type Leaf, leavesOf, type Spec } from './spec.ts'

const times = (init: Init, gain: number): Init => {
  switch (init.kind) {
    case 'constant':
      return { ...init, value: gain * init.value }
    case 'uniform':
      return { ...init, low: gain * init.low, high: gain * init.high }
    case 'normal':
    case 'truncatedNormal':
      return { ...init, std: gain * init.std }
  }
}

/**
 * The same parameters by name, whose initial values are `gain` times as large, as it says of each; the drawn numbers are the
 * same. RangeError for a gain that is no number of at least 0.
 */
export const gained =
  (gain: (leaf: Leaf) => number) =>
  (spec: Spec): ByName => {
    const gains = new Map(leavesOf(spec).map((leaf) => [leaf.name, gain(leaf)]))
    const of = (name: string, parameter: Parameter): Parameter => {
      const own = gains.get(name)
      if (own === undefined || !(own >= 0 && Number.isFinite(own)))
        throw new RangeError(`the gain of ${name} is ${own}, expected a number of at least 0`)
      return { ...parameter, init: times(parameter.init, own) }
    }
    return Object.fromEntries(Object.entries(byName(spec)).map(([name, parameter]) => [name, of(name, parameter)]))
  }
