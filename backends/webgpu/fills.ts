/**
 * Zeros that are written before each run and stay zeros through all runs: the halo of a padded buffer. In memory of its
 * own, which a device hands out zeroed, such a buffer needs no fill.
 */
import { type Kernel, reads, writes } from '../../src/plan/kernel.ts'
import type { Plan } from '../../src/plan/plan.ts'

const isZeroFill = (k: Kernel): boolean =>
  k.kind === 'nest' &&
  k.loads.length === 0 &&
  k.fold === null &&
  k.expression.kind === 'constant' &&
  Object.is(k.expression.value, 0)

/**
 * Buffers whose fills can be left out: everything that is written besides is written before anything is read, so that no
 * kernel meets a value of the run before.
 */
const zeroedOnce = (plan: Plan): ReadonlySet<number> => {
  const lasting = new Set([...plan.inputs, ...plan.outputs, ...plan.constants].map((p) => p.buffer))
  const seen = new Map<number, { filled: number; written: number; other: number; read: number }>()
  const of = (buffer: number) => {
    const known = seen.get(buffer) ?? {
      filled: -1,
      written: -1,
      other: Number.POSITIVE_INFINITY,
      read: Number.POSITIVE_INFINITY,
    }
    seen.set(buffer, known)
    return known
  }
  plan.regions
    .flatMap((r) => r.kernels)
    .forEach((k, i) => {
      for (const b of reads(k)) {
        const x = of(b)
        x.read = Math.min(x.read, i)
        x.other = Math.min(x.other, i)
      }
      const x = of(writes(k))
      if (isZeroFill(k)) x.filled = i
      else {
        x.written = i
        x.other = Math.min(x.other, i)
      }
    })
  return new Set(
    [...seen].flatMap(([buffer, x]) =>
      !lasting.has(buffer) && x.filled >= 0 && x.filled < x.other && x.written < x.read ? [buffer] : [],
    ),
  )
}

/** The plan without those fills, and the buffers that need memory of their own for it. */
export const withoutFills = (
  plan: Plan,
): { readonly regions: Plan['regions']; readonly zeroed: ReadonlySet<number> } => {
  const zeroed = zeroedOnce(plan)
  const regions = plan.regions.map((r) => ({
    ...r,
    kernels: r.kernels.filter((k) => !(isZeroFill(k) && zeroed.has(writes(k)))),
  }))
  return { regions, zeroed }
}
