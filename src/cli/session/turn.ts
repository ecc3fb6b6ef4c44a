/** What a session is made of: its plan, its state, what happens to it (events) and what it does (effects, one action). */
import type { MetricsRow } from '../../io/runMetrics.ts'
import type { StepResult } from '../../train/run.ts'
import type { Cooldown } from '../../train/schedule.ts'
import type { Validation } from '../objectives/objective.ts'
import type { Reading } from '../progress.ts'
import type { Cadence, GridSize, Timings } from './cadence.ts'

/** Progress of a run: updates done, images seen. */
export type Position = Pick<StepResult, 'step' | 'images'>
export type Result = Pick<StepResult, 'loss' | 'gradientNorm' | 'learningRate'>

export interface Plan {
  readonly batch: number
  /** Infinity if unlimited. */
  readonly steps: number
  readonly seconds: number
  /** The last share of the run that is its cooldown; 0 for none. */
  readonly cooldown: number
  readonly cadence: Cadence
  readonly grid: GridSize
  /** The number of held-out images for validation. */
  readonly validation: number
  /** The estimated seconds of a grid, given `validationCost`. */
  readonly gridSeconds: (size: GridSize, validationCost: number) => number
}

/** `untrained`: not finite before training has changed anything, so that no setting of training is to blame. */
export type Cause = 'not finite' | 'untrained' | 'backend' | 'data' | 'disk'

export type Ending =
  | { readonly kind: 'done' | 'stopped' }
  | { readonly kind: 'failed'; readonly cause: Cause; readonly why: string }

export type Action =
  | { readonly kind: 'validate' | 'step' | 'save' | 'plot' }
  | { readonly kind: 'draw'; readonly size: GridSize }
  /** Saves, and lets the learning rate fall from here; or, in a cooldown, fall to 0 sooner. */
  | { readonly kind: 'cool'; readonly cooldown: Cooldown }
  | { readonly kind: 'finish'; readonly ending: Ending }

export type Effect =
  | { readonly kind: 'say'; readonly line: string }
  | { readonly kind: 'record'; readonly row: MetricsRow }
  | { readonly kind: 'show'; readonly reading: Reading }

/** The outcome of an action. An action abandoned because of a stop request is `interrupted`. */
export type Event =
  | { readonly kind: 'begun' | 'saved' | 'plotted' | 'interrupted' }
  | ({ readonly kind: 'validated'; readonly seconds: number } & Validation)
  | { readonly kind: 'stepped'; readonly result: Result; readonly seconds: number }
  | { readonly kind: 'drawn'; readonly seconds: number }
  /** The cooldown has begun; why the checkpoint before it could not be written, null if it was. */
  | { readonly kind: 'cooling'; readonly cooldown: Cooldown; readonly unwritten: string | null }
  /** The parameters or moments to be saved are not finite. */
  | { readonly kind: 'non-finite' }
  /** The backend failed: a thread died, a device was lost, memory ran out. */
  | { readonly kind: 'lost'; readonly why: string }
  /** The data could not be read any more; the state of the last step is as it was. */
  | { readonly kind: 'unreadable'; readonly why: string }
  /** A file could not be written; `why` is a sentence that names it. */
  | { readonly kind: 'unwritten'; readonly what: 'checkpoint' | 'samples' | 'curve'; readonly why: string }

export interface State {
  readonly at: Position
  /** The step of the last good checkpoint. */
  readonly good: number | null
  readonly timings: Timings
  /** The cooldown that the run is in. */
  readonly cooldown: Cooldown | null
  /** Seconds per step, exponentially averaged. */
  readonly pace: number | null
  /** Where this session started, for estimating the time left. */
  readonly origin: { readonly now: number; readonly done: number; readonly images: number }
  /** A step whose metrics row waits for its validation. */
  readonly unrecorded: { readonly result: Result; readonly seconds: number } | null
  /** The numbers beside the loss of the last validation. */
  readonly measures: Validation['measures']
  readonly ending: Ending | null
  /** Whether the last grid has been drawn. */
  readonly drawn: boolean
  /** How many times in a row a checkpoint could not be written. */
  readonly failures: number
}

export interface Context {
  /** Seconds of work on the run so far, excluding pauses. */
  readonly now: number
  readonly stopping: boolean
}

export interface Turn {
  readonly state: State
  readonly effects: readonly Effect[]
  readonly action: Action
}

export const turn = (state: State, action: Action, effects: readonly Effect[] = []): Turn => ({
  state,
  effects,
  action,
})
export const say = (line: string): Effect => ({ kind: 'say', line })
