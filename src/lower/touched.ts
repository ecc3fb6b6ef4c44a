/** Removes unused buffers from the plan (those of next states that are computed in the old state's place). */
import type { DraftPlan } from './draft.ts'

export const withoutUntouched = (s: DraftPlan): DraftPlan => {
  const lasting = [...s.inputs, ...s.outputs, ...s.constants].map((x) => x.buffer)
  const touched = new Set([...lasting, ...s.drafts.flatMap((d) => d.operands.map((o) => o.buffer))])
  const kept = s.buffers.flatMap((_, b) => (touched.has(b) ? [b] : []))
  const places = new Map(kept.map((b, i) => [b, i]))
  const moved = <A extends { readonly buffer: number }>(x: A): A => {
    const buffer = places.get(x.buffer)
    if (buffer === undefined) throw new Error(`schedule: there is no buffer ${x.buffer}`)
    return { ...x, buffer }
  }
  return {
    ...s,
    buffers: s.buffers.filter((_, b) => touched.has(b)),
    inputs: s.inputs.map((p) => moved(p)),
    outputs: s.outputs.map((p) => moved(p)),
    constants: s.constants.map((c) => moved(c)),
    drafts: s.drafts.map((d) => ({ ...d, operands: d.operands.map((o) => moved(o)) })),
  }
}
