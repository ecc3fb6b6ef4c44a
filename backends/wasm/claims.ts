/** How many cells a thread claims at a time: depends on shapes only, never on the number of threads. */
import type { Prepared } from './prepared.ts'

/**
 * Maximum multiply-accumulates, or nest elements times four, per claim: roughly 20 to 100 microseconds, compared with which
 * an atomic addition is negligible. Not measured on its own.
 */
const claimWork = 2_500_000

/** Claims per stage: with one more or less, one of four threads works at most an eighth longer than the others. */
const claims = 32

export type Division = Pick<Prepared, 'must' | 'unit' | 'firm'>
/** No constraints. */
export const anyhow: Division = { must: 1, unit: 1, firm: false }

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b))

/** Combines the constraints of two kernels of one region: `must` of both, `unit` of the firmer or coarser. */
export const together = (a: Division, b: Division): Division => {
  const first = a.firm === b.firm ? a.unit >= b.unit : a.firm
  const { unit, firm } = first ? a : b
  return { must: (a.must * b.must) / greatestDivisor(a.must, b.must), unit, firm }
}

/** Cells per claim: enough work, but enough claims to balance threads; whole units; depends on shapes only. */
export const tileOf = (extent: number, work: number, { must, unit, firm }: Division = anyhow): number => {
  const cells = Math.max(1, Math.min(Math.ceil(extent / claims), Math.floor(claimWork / Math.max(1, work))))
  const wanted = firm ? Math.max(cells, unit) : cells
  const units = wanted < unit ? wanted : wanted - (wanted % unit)
  return must * Math.ceil(units / must)
}
