/** Messages between the campaign and its worker. */
import * as t from 'io-ts'

/** Inputs `from` to `to` - 1 of the batch generated from the seed. */
export const jobCodec = t.type({
  format: t.string,
  seed: t.number,
  count: t.number,
  from: t.number,
  to: t.number,
  /** The worker's own scratch folder. */
  folder: t.string,
})
export type Job = Readonly<t.TypeOf<typeof jobCodec>>

export const resultCodec = t.type({
  index: t.number,
  accepted: t.boolean,
  /** Null if it passed. */
  fault: t.union([t.string, t.null]),
  /** CPU time of all threads. */
  seconds: t.number,
  /** Beyond the baseline and the files' own size. */
  bytes: t.number,
})
export type Result = Readonly<t.TypeOf<typeof resultCodec>>

export const messageCodec = t.union([
  t.type({ kind: t.literal('begin'), index: t.number }),
  t.intersection([t.type({ kind: t.literal('result') }), resultCodec]),
  t.type({ kind: t.literal('end') }),
])
export type Message = t.TypeOf<typeof messageCodec>
