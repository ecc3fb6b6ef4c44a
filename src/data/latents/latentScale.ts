/** The scale of the latents that training shows, from their moments. */
import { element } from '../../codec/element.ts'
import type { TrainingPicture } from '../trainingPictures.ts'
import type { Records } from './latents.ts'

/**
 * The mean and the standard deviation of each channel over samples of the latents, every view with its share of the stream:
 * Var z = Var mean + E variance. A channel that does not vary is a RangeError.
 */
export const shownScale = (
  pictures: readonly TrainingPicture[],
  records: Records,
  channels: number,
): { readonly mean: readonly number[]; readonly std: readonly number[] } => {
  const sums = Array.from({ length: channels }, () => ({ mean: 0, square: 0 }))
  for (const { index, mirrored, share } of pictures) {
    const moments = records(index, mirrored)
    const weight = (share * channels) / moments.mean.length
    moments.mean.forEach((m, i) => {
      const sum = element(sums, i % channels)
      sum.mean += weight * m
      sum.square += weight * (m * m + Math.exp(element(moments.logVariance, i)))
    })
  }
  const scale = {
    mean: sums.map(({ mean }) => mean),
    std: sums.map(({ mean, square }) => Math.sqrt(square - mean * mean)),
  }
  const still = scale.std.findIndex((s) => !(s > 0))
  if (still >= 0) throw new RangeError(`channel ${still} of the latents does not vary: expected a deviation above 0`)
  return scale
}
