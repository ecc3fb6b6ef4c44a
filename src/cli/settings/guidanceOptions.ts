/** The settings of the section `sampling` that say how guidance follows the noise level, and what it is applied to. */
import { nonNegative, oneOf, orNull, positive } from '../../codec/codecs.ts'
import { guidanceChannelsNames } from '../../diffusion/guidance/guidanceChannels.ts'
import { defaultGuidanceOptions, type GuidanceOptions } from '../../diffusion/guidance/guidanceSchedule.ts'
import { guidanceScheduleNames, guidanceSchedules } from '../../diffusion/guidance/guidanceSchedules.ts'
import { type EffectiveWith, option } from './option.ts'

/** The schedules that depend on an option. */
export const withSchedules = (option: keyof GuidanceOptions): { readonly effectiveWith: EffectiveWith } => ({
  effectiveWith: {
    path: ['sampling', 'guidance_schedule'],
    flag: '--guidance-schedule',
    values: guidanceScheduleNames.filter((name) => guidanceSchedules[name].uses.some((used) => used === option)),
  },
})

export const guidanceOptions = {
  guidance_schedule: option(oneOf(guidanceScheduleNames), {
    help: `where guidance is: ${Object.values(guidanceSchedules)
      .map(({ of }) => of(defaultGuidanceOptions))
      .map(({ name, help }) => `${name} (${help})`)
      .join(', ')}; without the flag, the run's own`,
    flag: '--guidance-schedule <name>',
    of: ['sample', 'evaluate'],
    default: 'constant',
    objectives: ['denoising'],
    mayChange: true,
  }),
  guidance_power: option(positive, {
    help: 'with power_cosine: the higher, the later guidance sets in',
    flag: '--guidance-power <p>',
    of: ['sample', 'evaluate'],
    default: defaultGuidanceOptions.power,
    ...withSchedules('power'),
    objectives: ['denoising'],
    mayChange: true,
  }),
  guidance_low: option(nonNegative, {
    help: 'with interval: guidance is at noise levels (sigma) above this one',
    default: defaultGuidanceOptions.low,
    objectives: ['denoising'],
    mayChange: true,
  }),
  guidance_high: option(orNull(positive, 'for no upper end'), {
    help: 'with interval: the highest noise level (sigma) with guidance',
    default: null,
    objectives: ['denoising'],
    mayChange: true,
  }),
  guidance_channels: option(oneOf(guidanceChannelsNames), {
    help: "the channels that are guided: all, or the first three only, as in DiT's code; without the flag, the run's own",
    flag: '--guidance-channels <which>',
    of: ['sample', 'evaluate'],
    default: 'all',
    objectives: ['denoising'],
    mayChange: true,
  }),
}
