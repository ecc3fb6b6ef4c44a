/**
 * Zeros that are written before each run and stay zeros through all runs: the halo of a padded buffer. In memory of its
 * own, which a device hands out zeroed, such a buffer needs no fill.
 */
import { type Kernel, reads, writes } from '../../src/plan/kernel.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { at } from '../../src/tensor/axes.ts'

const isZeroFill = (k: Kernel): boolean =>
  k.kind === 'nest' &&
  k.loads.length === 0 &&
  k.fold === null &&
  k.expression.kind === 'constant' &&
  Object.is(k.expression.value, 0)

/** What may be done to a buffer whose fills are left out, in this order. */
const [fill, write, read] = [0, 1, 2]

const usesOf = (k: Kernel) => [
  ...reads(k).map((buffer) => ({ buffer, stage: read })),
  { buffer: writes(k), stage: isZeroFill(k) ? fill : write },
]

/**
 * Buffers whose fills can be left out: everything that is written besides is written before anything is read, so that no
 * kernel meets a value of the run before.
 */
const zeroedOnce = ({ regions, lifetimes }: Plan): ReadonlySet<number> => {
  const uses = Map.groupBy(
    regions.flatMap((r) => r.kernels.flatMap(usesOf)),
    (use) => use.buffer,
  )
  const ordered = [...uses].filter(
    ([buffer, all]) =>
      lifetimes[buffer] !== null &&
      all[0]?.stage === fill &&
      all.every(({ stage }, i) => i === 0 || at(all, i - 1).stage <= stage),
  )
  return new Set(ordered.map(([buffer]) => buffer))
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
