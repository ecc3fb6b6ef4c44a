/**
 * A training session as a state machine: (state, event, context) -> state, effects, and the one action to do next, whose
 * outcome is the next event. Pure, without a clock of its own; `drive.ts` performs the actions.
 *
 * Laws: metrics rows are consecutive; a run that ends, stops or fails leaves a checkpoint of its last good step; it fails
 * only because of a non-finite loss or state, a lost backend, lost data, or a last checkpoint that cannot be written.
 */

import type { Cooldown } from '../../train/schedule.ts'
import type { Validation } from '../objectives/objective.ts'
import { gridBudget, gridDue, gridSize, saveDue, validationDue } from './cadence.ts'
import { cooldownCut, cooldownDue } from './cooldown.ts'
import { broken, close, ended, gridSecondsOf } from './ending.ts'
import {
  type Context,
  type Effect,
  type Event,
  type Plan,
  type Position,
  type Result,
  type State,
  say,
  type Turn,
  turn,
} from './turn.ts'

/** Seconds before a failed save is retried, and the number of attempts when the run ends. */
const retrySeconds = 30
const lastTries = 3

const doneOf = (plan: Plan, at: Position, now: number, cooldown: Cooldown | null): number =>
  cooldown === null ? Math.max(at.step / plan.steps, now / plan.seconds) : at.images / cooldown.to

export const begin = (
  plan: Plan,
  {
    at,
    now,
    gridSeconds,
    cooldown,
  }: {
    readonly at: Position
    readonly now: number
    readonly gridSeconds: number
    readonly cooldown: Cooldown | null
  },
): State => ({
  at,
  good: at.step > 0 ? at.step : null,
  timings: { saved: now, validated: now, validationCost: 0, drawn: now, drawing: gridSeconds },
  cooldown,
  pace: null,
  origin: { now, done: doneOf(plan, at, now, cooldown), images: at.images },
  unrecorded: null,
  measures: {},
  ending: null,
  drawn: false,
  failures: 0,
})

/** The next action of a continuing run. */
const proceed = (plan: Plan, state: State, { now, stopping }: Context): Turn => {
  if (stopping) return close(plan, state, { kind: 'stopped' }, now)
  const cooldown = cooldownDue(plan, state, now)
  if (cooldown !== null) return turn(state, { kind: 'cool', cooldown })
  if (state.at.step > 0 && state.good !== state.at.step && saveDue(plan.cadence, state.timings, now)) {
    const sooner = cooldownCut(plan, state, now)
    return turn(state, sooner === null ? { kind: 'save' } : { kind: 'cool', cooldown: sooner })
  }
  if (gridDue(plan.cadence, state.timings, now)) {
    const secondsOf = gridSecondsOf(plan, state)
    const size = gridSize(gridBudget(state.timings, now), plan.grid, secondsOf)
    if (secondsOf(size) <= gridBudget(state.timings, now)) return turn(state, { kind: 'draw', size })
  }
  return turn(state, { kind: 'step' })
}

const row = (
  { at }: State,
  result: Result | null,
  validation: Validation | null,
  imagesPerSecond: number | null,
  seconds: number,
): Effect => ({
  kind: 'record',
  row: {
    ...at,
    loss: result?.loss ?? null,
    validation: validation?.loss ?? null,
    ...(validation === null || Object.keys(validation.measures).length === 0 ? {} : { measures: validation.measures }),
    learningRate: result?.learningRate ?? null,
    gradientNorm: result?.gradientNorm ?? null,
    imagesPerSecond,
    seconds,
  },
})

/** Records the step's row, with its validation if there was one, and continues. */
const recorded = (
  plan: Plan,
  state: State,
  { result, seconds }: NonNullable<State['unrecorded']>,
  validation: Validation | null,
  context: Context,
): Turn => {
  const { now } = context
  const done = doneOf(plan, state.at, now, state.cooldown)
  const part = (done - state.origin.done) / Math.max(1e-9, now - state.origin.now)
  const effects: readonly Effect[] = [
    row(state, result, validation, plan.batch / seconds, now),
    {
      kind: 'show',
      reading: {
        step: state.at.step,
        loss: result.loss,
        measures: state.measures,
        imagesPerSecond: plan.batch / (state.pace ?? seconds),
        done,
        left: Math.max(0, 1 - done) / Math.max(1e-9, part),
      },
    },
  ]
  const next: State = { ...state, unrecorded: null }
  const on = ended(plan, next, now) ? close(plan, next, { kind: 'done' }, now) : proceed(plan, next, context)
  return { ...on, effects: [...effects, ...on.effects] }
}

const stepped = (plan: Plan, before: State, result: Result, spent: number, context: Context): Turn => {
  const seconds = Math.max(1e-9, spent)
  const state: State = {
    ...before,
    at: { step: before.at.step + 1, images: before.at.images + plan.batch },
    pace: before.pace === null ? seconds : 0.95 * before.pace + 0.05 * seconds,
  }
  if (!Number.isFinite(result.loss)) return broken(plan, state, `The loss became ${result.loss}`, context.now)
  if (!Number.isFinite(result.gradientNorm))
    return broken(plan, state, `The gradient norm became ${result.gradientNorm}`, context.now)
  const unrecorded = { result, seconds }
  return ended(plan, state, context.now) || validationDue(plan.cadence, state.timings, context.now)
    ? turn({ ...state, unrecorded }, { kind: 'validate' })
    : recorded(plan, state, unrecorded, null, context)
}

/**
 * After a validation or an abandoned one (null): of a step, or the first one, which measures the cost of validation.
 */
const afterValidation = (plan: Plan, state: State, validation: Validation | null, context: Context): Turn => {
  if (state.unrecorded !== null) return recorded(plan, state, state.unrecorded, validation, context)
  const { now } = context
  // the first validation of a session, of parameters that it has not trained
  if (validation !== null && !Number.isFinite(validation.loss))
    return broken(plan, state, `The validation loss is ${validation.loss} before training`, now, true)
  const on = proceed(
    plan,
    { ...state, origin: { now, done: doneOf(plan, state.at, now, state.cooldown), images: state.at.images } },
    context,
  )
  if (state.at.step > 0 || validation === null) return on
  return {
    ...on,
    effects: [
      row(state, null, validation, null, context.now),
      say(`validation loss before training: ${validation.loss.toFixed(4)}`),
      ...on.effects,
    ],
  }
}

/** After an action other than a step: continues with the run, or with ending it. */
const onward = (plan: Plan, state: State, context: Context): Turn =>
  state.ending === null ? proceed(plan, state, context) : close(plan, state, state.ending, context.now)

/** A failed save is retried: after a pause while training continues, immediately when the run ends. */
const unsaved = (plan: Plan, before: State, why: string, context: Context): Turn => {
  const { now } = context
  const state: State = { ...before, failures: before.failures + 1 }
  if (state.ending !== null)
    return state.failures < lastTries
      ? turn(state, { kind: 'save' })
      : close(
          plan,
          state,
          { kind: 'failed', cause: 'disk', why: `The last checkpoint could not be written: ${why}` },
          now,
        )
  const pause = Math.min(retrySeconds, plan.cadence.save_seconds)
  const timings = { ...state.timings, saved: now - plan.cadence.save_seconds + pause }
  const on = proceed(plan, { ...state, timings }, context)
  return { ...on, effects: [say(`${why}; training continues, and saving is retried in ${pause} s`), ...on.effects] }
}

const undrawn = (plan: Plan, state: State, what: 'samples' | 'curve', why: string, context: Context): Turn => {
  const on =
    state.ending === null
      ? proceed(plan, { ...state, timings: { ...state.timings, drawn: context.now } }, context)
      : turn(state, what === 'samples' ? { kind: 'plot' } : { kind: 'finish', ending: state.ending })
  return { ...on, effects: [say(why), ...on.effects] }
}

const images = (n: number): string => n.toLocaleString('en')

/** The cooldown begins, or ends sooner; without a checkpoint before it a longer run continues from the one that there is. */
const cooling = (
  plan: Plan,
  before: State,
  { cooldown, unwritten }: Extract<Event, { kind: 'cooling' }>,
  context: Context,
): Turn => {
  const { now } = context
  const written = unwritten === null && before.good !== before.at.step
  const state: State = {
    ...before,
    ...(written ? { good: before.at.step, failures: 0 } : {}),
    cooldown,
    origin: { now, done: doneOf(plan, before.at, now, cooldown), images: before.at.images },
    timings: { ...before.timings, ...(written ? { saved: now } : {}) },
  }
  const [line, loss] =
    before.cooldown === null
      ? [
          `cooldown: the learning rate falls to 0 from ${images(cooldown.from)} to ${images(cooldown.to)} images`,
          'a longer run will continue from an older checkpoint',
        ]
      : [
          `cooldown: the run is slower than it was: the learning rate falls to 0 by ${images(cooldown.to)} images`,
          'training continues',
        ]
  const on = proceed(plan, state, context)
  const lines = unwritten === null ? [line] : [line, `${unwritten}; ${loss}`]
  return { ...on, effects: [...lines.map(say), ...on.effects] }
}

export const reduce =
  (plan: Plan) =>
  (state: State, event: Event, context: Context): Turn => {
    const { timings } = state
    const { now } = context
    switch (event.kind) {
      case 'begun':
        return turn(
          state,
          { kind: 'validate' },
          state.at.step === 0 ? [say(`computing the validation loss on ${plan.validation} held-out images`)] : [],
        )
      case 'validated': {
        const measured = { ...timings, validated: now, validationCost: event.seconds }
        return afterValidation(plan, { ...state, timings: measured, measures: event.measures }, event, context)
      }
      case 'interrupted':
        return state.ending === null ? afterValidation(plan, state, null, context) : turn(state, { kind: 'plot' })
      case 'stepped':
        return stepped(plan, state, event.result, event.seconds, context)
      case 'saved':
        return onward(
          plan,
          { ...state, good: state.at.step, failures: 0, timings: { ...timings, saved: now } },
          context,
        )
      case 'cooling':
        return cooling(plan, state, event, context)
      case 'non-finite':
        return broken(plan, state, 'A parameter or a moment became NaN or infinite', now, false)
      case 'lost':
        return close(plan, state, { kind: 'failed', cause: 'backend', why: event.why }, now)
      case 'unreadable':
        return close(plan, state, { kind: 'failed', cause: 'data', why: event.why }, now)
      case 'drawn':
        return turn(
          { ...state, timings: { ...timings, drawn: now, drawing: timings.drawing + event.seconds } },
          { kind: 'plot' },
        )
      case 'plotted':
        return state.ending === null
          ? proceed(plan, state, context)
          : turn(state, { kind: 'finish', ending: state.ending })
      case 'unwritten':
        return event.what === 'checkpoint'
          ? unsaved(plan, state, event.why, context)
          : undrawn(plan, state, event.what, event.why, context)
    }
  }
