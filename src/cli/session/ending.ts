/** How a session ends: when, what is still to do then, and what of it may fail. */
import { type GridSize, gridSize, lastGridBudget } from './cadence.ts'
import { type Cause, type Ending, type Plan, type State, type Turn, turn } from './turn.ts'

/** The estimated seconds of a grid. */
export const gridSecondsOf =
  (plan: Plan, { timings }: State) =>
  (size: GridSize): number =>
    plan.gridSeconds(size, timings.validationCost)

/** The seconds that are left for steps, allowing for the work after the last one. */
export const secondsToEnd = (plan: Plan, state: State, now: number): number => {
  const secondsOf = gridSecondsOf(plan, state)
  const rest = state.timings.validationCost + secondsOf(gridSize(lastGridBudget(now), plan.grid, secondsOf))
  return plan.seconds - now - 1.2 * rest - 1
}

/** Whether no time, or no step, is left, or the cooldown is over. */
export const ended = (plan: Plan, state: State, now: number): boolean =>
  state.at.step >= plan.steps ||
  secondsToEnd(plan, state, now) <= 0 ||
  (state.cooldown !== null && state.at.images >= state.cooldown.to)

/** What is still to do before the session ends: the checkpoint, the last grid, the loss curve. */
export const close = (plan: Plan, state: State, ending: Ending, now: number): Turn => {
  const next: State = { ...state, ending, failures: state.ending === null ? 0 : state.failures }
  const sound = ending.kind !== 'failed' || ending.cause === 'data'
  if (sound && next.at.step > 0 && next.good !== next.at.step) return turn(next, { kind: 'save' })
  if (ending.kind === 'done' && !next.drawn)
    return turn(
      { ...next, drawn: true },
      { kind: 'draw', size: gridSize(lastGridBudget(now), plan.grid, gridSecondsOf(plan, next)) },
    )
  return turn(next, { kind: 'plot' })
}

/** Something is not finite: `untrained` says that training has not changed anything yet. */
export const broken = (plan: Plan, state: State, what: string, now: number, untrained = state.at.step <= 1): Turn => {
  const cause: Cause = untrained ? 'untrained' : 'not finite'
  return close(plan, state, { kind: 'failed', cause, why: `${what} at step ${state.at.step}: training stopped` }, now)
}
