/** What `sample` is asked to draw: its options over what the run says. */
import type { SampleOptions, Settings } from './options.ts'
import { calls } from './options.ts'

export interface Pictures {
  readonly seed: number
  /** The name of a class, or all. */
  readonly which: string
  /** Of each class. */
  readonly columns: number
  readonly sampling: { readonly steps: number; readonly guidance: number }
}

/** @param settings of the run under the same options (`readRunToSample`) */
export const picturesOf = (o: SampleOptions, { seed, sampling }: Settings): Pictures => ({
  seed: o.seed ?? seed,
  which: o.class ?? calls.class.about.default,
  columns: o.count ?? calls.count.about.default,
  sampling: { steps: sampling.steps, guidance: sampling.guidance },
})
