/**
 * What a network finds of a run's samples. How it does is not known here: `Judge` is the port through which a comparison is
 * told.
 */
import * as t from 'io-ts'

const orNull = t.union([t.number, t.null])

export const judgedCodec = t.union([
  t.null,
  t.readonly(
    t.type({
      /** The options that it was made with, as one text: figures of other options are not compared. */
      options: t.string,
      /** One line about the figures: the network, its held-out accuracy, the number of samples. */
      about: t.string,
      /** What the distance may be called: "relative distance", or "FID" of the Inception network of 2015. */
      distanceName: t.string,
      distance: t.number,
      /** The share of samples whose class the network names; null where its classes are not those of the data. */
      accuracy: orNull,
      precision: orNull,
      recall: orNull,
      /** Mean distance of samples to their nearest training picture, over that of held-out pictures. */
      neighbourRatio: orNull,
      /** The share of samples nearer to a training picture than half of what held-out pictures are. */
      copies: orNull,
    }),
  ),
])
export type Judged = t.TypeOf<typeof judgedCodec>
export type Figures = Omit<NonNullable<Judged>, 'options'>

export interface Judge {
  /** All that the figures depend on besides the run, as one text. */
  readonly options: string
  readonly judge: (folder: string) => Promise<Figures>
}
