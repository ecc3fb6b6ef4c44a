/** How many cells a thread claims at a time: by shapes only, never by the number of threads. */
import type { Prepared } from './prepared.ts'

/**
 * Multiply-accumulates, or elements of a nest times four, that a claim holds at most: some tens of microseconds to a
 * hundred, beside which an atomic addition is nothing. Not measured on its own.
 */
const claimWork = 2_500_000

/** Claims of one stage: with one more or less, one of four threads works an eighth longer than the others at most. */
const claims = 32

export type Division = Pick<Prepared, 'must' | 'unit' | 'firm'>
/** No wishes. */
export const anyhow: Division = { must: 1, unit: 1, firm: false }

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b))

/** What suits two kernels of one region: `must` holds for both, `unit` for the firmer or coarser. */
export const together = (a: Division, b: Division): Division => {
  const first = a.firm === b.firm ? a.unit >= b.unit : a.firm
  const { unit, firm } = first ? a : b
  return { must: (a.must * b.must) / greatestDivisor(a.must, b.must), unit, firm }
}

/** Cells a claim: enough work, but enough claims too for threads to even out; whole units; by shape only. */
export const tileOf = (extent: number, work: number, { must, unit, firm }: Division = anyhow): number => {
  const cells = Math.max(1, Math.min(Math.ceil(extent / claims), Math.floor(claimWork / Math.max(1, work))))
  const wanted = firm ? Math.max(cells, unit) : cells
  const units = wanted < unit ? wanted : wanted - (wanted % unit)
  return must * Math.ceil(units / must)
}
