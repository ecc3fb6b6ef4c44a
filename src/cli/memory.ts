/** What a plan takes, before a backend is asked; and which batch fits where one does not. */
import type { Backend } from '../lower/backend.ts'
import type { Plan } from '../lower/plan.ts'

/**
 * Bytes that live at the same time, at most: buffers that outlive a run, and the worst region. A backend needs a little
 * more (padding, packed operands).
 */
export const peakBytes = (plan: Plan, { precision }: Pick<Backend, 'precision'>): number => {
  const each = precision === 'f32' ? 4 : 8
  const changes = new Float64Array(plan.regions.length + 1)
  let lasting = 0
  plan.buffers.forEach((b, i) => {
    const life = plan.lifetimes[i] ?? null
    if (life === null) lasting += b.size
    else {
      changes[life[0]] = (changes[life[0]] ?? 0) + b.size
      changes[life[1] + 1] = (changes[life[1] + 1] ?? 0) - b.size
    }
  })
  let [now, most] = [0, 0]
  for (const change of changes) {
    now += change
    most = Math.max(most, now)
  }
  return each * (lasting + most)
}

/** The most that a backend can have: one WebAssembly memory, or what the machine has left. */
export const availableBytes = ({ precision }: Pick<Backend, 'precision'>): number =>
  Math.min(precision === 'f32' ? 2 ** 32 : Number.POSITIVE_INFINITY, process.availableMemory())

/** Room that a backend's own needs may take on top of `peakBytes`. */
const margin = 1.15

export const fits = (bytes: number, available: number): boolean => bytes * margin <= available

/** Divisors of n below n, the largest first. */
const divisors = (n: number): readonly number[] =>
  Array.from({ length: n - 1 }, (_, i) => n - 1 - i).filter((d) => n % d === 0)

/** The largest part of a batch that fits, or null: bytes grow evenly from 1 image to `part`. */
export const fittingPart = (
  batch: number,
  part: number,
  bytesOf: (part: number) => number,
  available: number,
): number | null => {
  const [one, all] = [bytesOf(1), bytesOf(part)]
  const each = (all - one) / Math.max(1, part - 1)
  return divisors(batch).find((d) => d < part && fits(one + each * (d - 1), available)) ?? null
}

export const mebibytes = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`
