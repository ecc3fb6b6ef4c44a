/** The images that `sample` draws: its options, with defaults from the run. */
import type { Sampling } from '../diffusion/sample.ts'
import { calls } from './settings/calls.ts'
import type { SampleOptions, Settings } from './settings/options.ts'
import { processOf, samplingOf } from './settings/tables.ts'

export interface Pictures {
  readonly seed: number
  /** The name of a class, or `all`. */
  readonly which: string
  /** Images per class. */
  readonly columns: number
  /** Images of a class from one that is drawn to the next: 1 draws the first ones. */
  readonly every: number
  readonly sampling: Sampling
}

/** @param settings of the run, overridden by the same options (`readRunToSample`) */
export const picturesOf = (o: SampleOptions, { seed, sampling, training }: Settings): Pictures => ({
  seed: o.seed ?? seed,
  which: o.class ?? calls.class.about.default,
  columns: o.count ?? calls.count.about.default,
  every: o.every ?? calls.every.about.default,
  sampling: samplingOf(sampling, processOf(training)),
})
