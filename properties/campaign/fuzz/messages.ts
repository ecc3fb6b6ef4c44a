/** What the campaign and its worker tell each other. */
import * as t from 'io-ts'

/** Inputs `from` to `to` - 1 of the batch that the seed draws. */
export const jobCodec = t.type({
  format: t.string,
  seed: t.number,
  count: t.number,
  from: t.number,
  to: t.number,
  /** Where the worker may write, and nobody else. */
  folder: t.string,
})
export type Job = Readonly<t.TypeOf<typeof jobCodec>>

export const resultCodec = t.type({
  index: t.number,
  accepted: t.boolean,
  /** Null: as it should be. */
  fault: t.union([t.string, t.null]),
  /** Of the processor, in all threads. */
  seconds: t.number,
  /** Beyond what was held before and what the files themselves take. */
  bytes: t.number,
})
export type Result = Readonly<t.TypeOf<typeof resultCodec>>

export const messageCodec = t.union([
  t.type({ kind: t.literal('begin'), index: t.number }),
  t.intersection([t.type({ kind: t.literal('result') }), resultCodec]),
  t.type({ kind: t.literal('end') }),
])
export type Message = t.TypeOf<typeof messageCodec>
