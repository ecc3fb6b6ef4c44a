/**
 * When the cooldown of a session begins and ends. It begins in time for its share of the whole run, so its end, in images, is
 * known from the steps, or is what the time that is left allows at the speed so far; it comes nearer if the run slows down.
 */
import { type Cooldown, endingSooner } from '../../train/schedule.ts'
import { secondsToEnd } from './ending.ts'
import type { Plan, State } from './turn.ts'

/** Steps after which the speed is known: those of the beginning, among which some are slow, and those from one checkpoint to another. */
const [leastSteps, leastStepsSaved] = [10, 1]

/** Of the time that is left, so that a run which slows down a little still reaches a rate of 0. */
const margin = 0.97

/** Images at the end of the run, by the steps or by the time that is left; null while the speed is unknown. */
const lastImages = (plan: Plan, state: State, now: number, least: number): number | null => {
  const { at, origin } = state
  const bySteps = plan.steps * plan.batch
  if (plan.seconds === Number.POSITIVE_INFINITY) return Number.isFinite(bySteps) ? bySteps : null
  const images = at.images - origin.images
  if (images < least * plan.batch || !(now > origin.now)) return null
  const left = Math.max(0, margin * secondsToEnd(plan, state, now))
  const byTime = at.images + plan.batch * Math.floor((images * left) / (now - origin.now) / plan.batch)
  return Math.min(bySteps, byTime)
}

/** The cooldown that begins now; null if none does. */
export const cooldownDue = (plan: Plan, state: State, now: number): Cooldown | null => {
  if (plan.cooldown === 0 || state.cooldown !== null || state.at.step === 0) return null
  const to = lastImages(plan, state, now, leastSteps)
  const from = state.at.images
  return to !== null && to > from && to - from <= plan.cooldown * to ? { from, to } : null
}

/** A nearer end is worth a checkpoint if so much of what was left of the cooldown would not be reached. */
const leastLoss = 0.03

/** The cooldown that the run is in with a nearer end, where the time does not reach the present one; null if it does. */
export const cooldownCut = (plan: Plan, state: State, now: number): Cooldown | null => {
  const { cooldown, at } = state
  if (cooldown === null) return null
  const end = lastImages(plan, state, now, leastStepsSaved)
  if (end === null || end <= at.images || cooldown.to - end <= leastLoss * (cooldown.to - at.images)) return null
  return endingSooner(cooldown, at.images, end)
}
