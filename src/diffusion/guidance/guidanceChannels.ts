/**
 * Which channels of an image are guided. DiT's code (and DiffiT's after it) guides the first three of its four latent channels,
 * and leaves the fourth and the variance as they are with the label: `three` reproduces its samples, `all` is what is meant.
 */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'

/** The table of choices that settings can name: how many channels, from the first, are guided; the others keep the answer with the label. */
export const guidanceChannels = { all: Number.POSITIVE_INFINITY, three: 3 } as const satisfies Readonly<
  Record<string, number>
>
/** The name of a choice of channels. */
export type GuidanceChannels = keyof typeof guidanceChannels
export const guidanceChannelsNames = RR.keys(guidanceChannels)
