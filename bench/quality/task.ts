/** The training of one contestant, as both sides are told of it. */
import type { Settings } from '../../src/cli/settings/options.ts'
import type { StopSignal } from '../../src/cli/stop.ts'
import type { Contestant } from './contestants.ts'
import type { Curve } from './curve.ts'

export interface Task {
  readonly contestant: Contestant
  readonly settings: Settings
  /** The file of the settings. */
  readonly file: string
  /** Of the run. */
  readonly folder: string
  /** Images of the whole run, and those at which the loss is measured. */
  readonly budget: number
  readonly marks: readonly number[]
  /** A loss after which it ends; null to go on to the budget. */
  readonly goal: number | null
  /** What was measured of it before. */
  readonly before: Pick<Curve, 'points' | 'own'>
  readonly stop: StopSignal
  /** The command that goes on. */
  readonly again: string
}
