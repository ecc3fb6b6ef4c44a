/**
 * Uniform real numbers. Not `fc.double`, which is uniform over all floats: nine in ten of its numbers between -6 and 5 are
 * closer to 0 than 0.001, so that a law over noise levels e^x would hardly leave the level 1.
 */
import fc from 'fast-check'

export const evenly = (low: number, high: number): fc.Arbitrary<number> =>
  fc.nat(1e6).map((n) => low + ((high - low) * n) / 1e6)
