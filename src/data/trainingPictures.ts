/**
 * Every picture that training shows, mirrored ones too, with the share of the stream that it takes: what the pictures of
 * `examples` (batches.ts) are drawn from, without drawing.
 */
import type { Dataset } from './dataset.ts'

/** A picture that training shows. */
export interface TrainingPicture {
  readonly index: number
  /** Whether it is shown mirrored left to right. */
  readonly mirrored: boolean
  /** Its share of the training images; 1 over all pictures. */
  readonly share: number
}

/** The training pictures of a data set, by class; of equal share those that training shows equally often. */
export const trainingPictures = ({ train, balanced, flips }: Dataset): readonly TrainingPicture[] => {
  const classes = train.filter((items) => items.length > 0).length
  const items = train.reduce((sum, all) => sum + all.length, 0)
  return train.flatMap((own, c) =>
    own.flatMap((variants) =>
      variants.flatMap((index): readonly TrainingPicture[] => {
        const share = (balanced ? 1 / classes / own.length : 1 / items) / variants.length
        return flips[c] === true
          ? [false, true].map((mirrored) => ({ index, mirrored, share: share / 2 }))
          : [{ index, mirrored: false, share }]
      }),
    ),
  )
}
