/** The memory that a plan needs on its backend and on the host, compared with what is available before allocating. */
import type { Backend, Memory } from '../plan/backend.ts'
import { mebibytes } from '../plan/bytes.ts'
import type { Plan } from '../plan/plan.ts'
import { size } from '../tensor/shape.ts'

export { mebibytes } from '../plan/bytes.ts'

/** Peak number of live elements: persistent buffers plus the largest region. */
const peakNumbers = (plan: Plan): number => {
  const changes = new Float64Array(plan.regions.length + 1)
  const change = (at: number, by: number): void => changes.set([(changes[at] ?? Number.NaN) + by], at)
  let lasting = 0
  plan.buffers.forEach((b, i) => {
    const life = plan.lifetimes[i] ?? null
    if (life === null) lasting += b.size
    else {
      change(life[0], b.size)
      change(life[1] + 1, -b.size)
    }
  })
  let [now, most] = [0, 0]
  for (const by of changes) {
    now += by
    most = Math.max(most, now)
  }
  return lasting + most
}

/** Bytes of a plan on its backend, which needs slightly more (padding, packed operands). */
export const peakBytes = (plan: Plan, { bytesPerNumber }: Pick<Memory, 'bytesPerNumber'>): number =>
  bytesPerNumber * peakNumbers(plan)

/** Bytes. */
export interface Need {
  readonly backend: number
  /** The largest buffer on the backend. */
  readonly buffer: number
  readonly host: number
}

const float64 = Float64Array.BYTES_PER_ELEMENT

/** Feeds held on the host at a time: this run's, the next run's, and the data that the next are made from. */
const feedsAtATime = 4
/** The state as loaded, in float64, and a save: as read from the backend, in the file's layouts, and as the file. */
const statesInAFile = 3

/** @param plan of a training step or a network */
export const needOf = (plan: Plan, { bytesPerNumber }: Pick<Memory, 'bytesPerNumber'>): Need => {
  const held: readonly string[] = [...plan.state, 'theta']
  const numbers = (state: boolean): number =>
    plan.inputs.filter((p) => held.includes(p.name) === state).reduce((sum, p) => sum + size(p.shape), 0)
  return {
    backend: peakBytes(plan, { bytesPerNumber }),
    buffer: bytesPerNumber * plan.buffers.reduce((most, b) => Math.max(most, b.size), 0),
    host: float64 * feedsAtATime * numbers(false) + (float64 + statesInAFile * bytesPerNumber) * numbers(true),
  }
}

export const together = (a: Need, b: Need): Need => ({
  backend: a.backend + b.backend,
  buffer: Math.max(a.buffer, b.buffer),
  host: a.host + b.host,
})

interface Known {
  readonly microBatch: number
  readonly needs: readonly Need[]
}

/**
 * The needs of a micro-batch size between two known ones: bytes are linear or convex in it, so this is an upper bound.
 */
export const interpolated =
  (low: Known, high: Known) =>
  (microBatch: number): readonly Need[] => {
    const share = (microBatch - low.microBatch) / Math.max(1, high.microBatch - low.microBatch)
    const mix = (a: number, b: number): number => a + share * (b - a)
    return low.needs.flatMap((a, i) => {
      const b = high.needs[i]
      if (b === undefined) return []
      return [{ backend: mix(a.backend, b.backend), buffer: mix(a.buffer, b.buffer), host: mix(a.host, b.host) }]
    })
  }

/** The memory available to a run. */
export interface Room {
  /** The backend's display name. */
  readonly name: string
  /** Bytes on the host; where `ofHost`, the backend's memory is microBatch of them. */
  readonly host: number
  readonly ofHost: boolean
  /** Limits per executable and per buffer; null if unknown. */
  readonly plan: number | null
  readonly buffer: number | null
}

export const roomOf = async ({ name, memory }: Backend): Promise<Room> => ({
  name,
  ofHost: memory.ofHost,
  host: process.availableMemory(),
  ...(await memory.limits()),
})

/** Allowance for the backend's own needs beyond the plan's. */
const margin = 1.15

/** The end of an error message that states the shortage; null if there is enough. */
const excess = (what: string, needed: number, there: number | null, where: string): string | null =>
  there === null || margin * needed <= there
    ? null
    : `need ${what}about ${mebibytes(needed)} of memory, more than the ${mebibytes(there)} available on ${where}`

/** Why executables do not fit together, as the end of a sentence whose subject needs them; null if they fit. */
export const shortage = (needs: readonly Need[], room: Room): string | null => {
  const all = needs.reduce(together)
  const onHost = all.host + (room.ofHost ? all.backend : 0)
  return (
    needs.flatMap((n) => excess('', n.backend, room.plan, room.name) ?? [])[0] ??
    excess('a buffer of ', all.buffer / margin, room.buffer, room.name) ??
    excess('', onHost, room.host, 'the host')
  )
}

/**
 * The largest divisor of the batch size below `microBatch` that fits, or null.
 * @param fits monotone: if it holds for n, it holds for all smaller sizes
 */
export const fittingMicroBatch = (
  batch: number,
  microBatch: number,
  fits: (microBatch: number) => boolean,
): number | null => {
  let [low, high] = [0, Math.min(batch, microBatch - 1)]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  for (let d = low; d >= 1; d--) if (batch % d === 0) return d
  return null
}

/** Arrays per sampled image: noise, sampler state, conditional and unconditional outputs, and its place in the grid. */
const numbersOfAPicture = 8

/** Why so many images at once do not fit, as the end of a sentence whose subject they are; null if they fit. */
export const picturesShortage = (pictures: number, elements: number): string | null =>
  excess('', float64 * numbersOfAPicture * pictures * elements, process.availableMemory(), 'the host')
