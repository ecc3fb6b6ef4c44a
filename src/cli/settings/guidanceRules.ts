/** The rules that settings of guidance obey together. */
import { type Rule, shown } from '../../codec/codecs.ts'
import type { GuidanceOptions } from '../../diffusion/guidance/guidanceSchedule.ts'
import { type GuidanceScheduleName, guidanceSchedules } from '../../diffusion/guidance/guidanceSchedules.ts'

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
