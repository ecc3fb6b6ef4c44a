/** The rules that settings of guidance obey together, and the flags of guidance that set something else than one setting. */
import { type Rule, shown } from '../../codec/codecs.ts'
import type { GuidanceOptions } from '../../diffusion/guidance/guidanceSchedule.ts'
import {
  type GuidanceScheduleName,
  guidanceScheduleNames,
  guidanceSchedules,
} from '../../diffusion/guidance/guidanceSchedules.ts'

/** What the rules are about. */
interface Guided {
  readonly sampling: {
    readonly guidance_schedule: GuidanceScheduleName
    readonly guidance_low: number
    readonly guidance_high: number | null
  }
}

const uses = (name: GuidanceScheduleName, option: keyof GuidanceOptions): boolean =>
  guidanceSchedules[name].uses.some((used) => used === option)

/** The ends of the interval are in order. */
const ascending: Rule<Guided> = ({ sampling: { guidance_low: low, guidance_high: high } }) =>
  high === null || low < high
    ? null
    : `sampling.guidance_low is ${low}: expected a number below the guidance_high of ${high}`

/** A schedule with an interval says which. */
const endsGiven: Rule<Guided> = ({ sampling: { guidance_schedule: name, guidance_low: low, guidance_high: high } }) =>
  uses(name, 'low') && low === 0 && high === null
    ? `sampling.guidance_schedule is ${shown(name)}: expected its ends too, --guidance-interval <low,high> or guidance_low and guidance_high`
    : null

/** What settings of guidance obey together. */
export const guidanceRules: readonly Rule<Guided>[] = [ascending, endsGiven]

/** The sentence about a flag of guidance that the schedule does not have; null if there is none. */
export const withoutEffect = (
  o: { readonly guidancePower?: number; readonly guidanceInterval?: string },
  name: GuidanceScheduleName,
): string | null => {
  const given = [
    ['--guidance-power', o.guidancePower, 'power'],
    ['--guidance-interval', o.guidanceInterval, 'low'],
  ] as const
  const idle = given.find(([, value, option]) => value !== undefined && !uses(name, option))
  if (idle === undefined) return null
  const [flag, value, option] = idle
  const those = guidanceScheduleNames.filter((other) => uses(other, option))
  return `${flag} is ${shown(value)}, but guidance_schedule is ${shown(name)}: expected --guidance-schedule ${those.join(' or ')}`
}
