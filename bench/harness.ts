/** Figures of repeated measurements. Machines are noisy: medians and ratios taken side by side, never single times. */

const sorted = (xs: readonly number[]): readonly number[] => xs.toSorted((a, b) => a - b)

export const median = (xs: readonly number[]): number => sorted(xs)[Math.floor(xs.length / 2)] ?? Number.NaN

export const spread = (xs: readonly number[]): string =>
  `least ${Math.min(...xs).toFixed(0)}, median ${median(xs).toFixed(0)}, most ${Math.max(...xs).toFixed(0)}`
