/** The regions between which a buffer's values are needed: what lets buffers share memory. */
import { reads, writes } from './kernel.ts'
import type { Plan } from './plan.ts'

/**
 * For every buffer the first and the last region that touches it, or null when it must outlive the run: inputs, which
 * keep their values, outputs, which are handed out at its end, and constants, which are loaded once.
 */
export const lifetimesOf = (plan: Omit<Plan, 'lifetimes'>): Plan['lifetimes'] => {
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  plan.regions.forEach((region, i) => {
    for (const k of region.kernels)
      for (const b of [...reads(k), writes(k)]) {
        if (!first.has(b)) first.set(b, i)
        last.set(b, i)
      }
  })
  const lasting = new Set([...plan.inputs, ...plan.outputs, ...plan.constants].map((p) => p.buffer))
  return plan.buffers.map(({ name }, b) => {
    if (lasting.has(b)) return null
    const [from, to] = [first.get(b), last.get(b)]
    if (from === undefined || to === undefined) throw new Error(`plan: no region touches the buffer ${name}`)
    return [from, to]
  })
}
