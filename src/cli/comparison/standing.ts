/** How a finished run of a comparison stands: what it cost, and its losses. */
import * as t from 'io-ts'

const orNull = t.union([t.number, t.null])

export const standingCodec = t.readonly(
  t.type({
    step: t.number,
    images: t.number,
    /** 1e15 floating-point operations of its products, in training. */
    pflop: t.number,
    /** Of steps alone: no validations, sample grids or checkpoints. */
    minutes: t.number,
    parameters: t.number,
    /** Held-out images of the validation loss at the setting's own noise levels, weights and penalty. */
    validation: t.readonlyArray(t.type({ images: t.number, loss: orNull })),
    /** The same images and noise for every setting: EDM's noise levels and weights, the squared error. */
    edmLoss: t.number,
  }),
)
export type Standing = t.TypeOf<typeof standingCodec>

/** The shares of a run after which the table has its validation loss. */
export const shares: readonly number[] = [0.25, 0.5, 0.75, 1]
