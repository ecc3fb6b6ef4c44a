/** What a plan takes on its backend and on the host that feeds it, beside what there is, before either is asked. */
import type { Backend, Memory } from '../plan/backend.ts'
import { mebibytes } from '../plan/bytes.ts'
import type { Plan } from '../plan/plan.ts'
import { size } from '../tensor/shape.ts'
import { stateNames } from '../train/step.ts'

export { mebibytes } from '../plan/bytes.ts'

/** Numbers that live at the same time, at most: buffers that outlive a run, and the worst region. */
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

/** Bytes of a plan on its backend, which needs a little more (padding, packed operands). */
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

/** Feeds that the host holds at a time: those of this run, of the next, and what the next are made from. */
const feedsAtATime = 4
/** State as it was loaded, in float64; and a save: as the backend gives it, in the file's layouts, and as the file. */
const statesInAFile = 3

/** @param plan a training step, or a network */
export const needOf = (plan: Plan, { bytesPerNumber }: Pick<Memory, 'bytesPerNumber'>): Need => {
  const held: readonly string[] = [...plan.state, ...stateNames]
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
  readonly part: number
  readonly needs: readonly Need[]
}

/** Needs of a part between two that are known: bytes grow evenly, or faster for large parts. */
export const interpolated =
  (low: Known, high: Known) =>
  (part: number): readonly Need[] => {
    const share = (part - low.part) / Math.max(1, high.part - low.part)
    const mix = (a: number, b: number): number => a + share * (b - a)
    return low.needs.flatMap((a, i) => {
      const b = high.needs[i]
      if (b === undefined) return []
      return [{ backend: mix(a.backend, b.backend), buffer: mix(a.buffer, b.buffer), host: mix(a.host, b.host) }]
    })
  }

/** What a run may take. */
export interface Room {
  /** Of which backend, as people know it. */
  readonly name: string
  /** Bytes on the host; the backend's come out of them too where `ofHost`. */
  readonly host: number
  readonly ofHost: boolean
  /** By each executable, and by a buffer; null where nothing says. */
  readonly plan: number | null
  readonly buffer: number | null
}

export const roomOf = async ({ name, memory }: Backend): Promise<Room> => ({
  name,
  ofHost: memory.ofHost,
  host: process.availableMemory(),
  ...(await memory.limits()),
})

/** Room that a backend's own needs may take on top of what a plan says. */
const margin = 1.15

/** Too much of one kind, as the end of a sentence about what needs it. */
const excess = (what: string, needed: number, there: number | null, where: string): string | null =>
  there === null || margin * needed <= there
    ? null
    : `need ${what}about ${mebibytes(needed)} of memory, more than the ${mebibytes(there)} there are on ${where}`

/** Why executables do not fit beside each other, as the end of a sentence that names what needs them; null where they do. */
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
 * The largest divisor of the batch below `part` that fits, or null.
 * @param fits holds for less wherever it holds
 */
export const fittingPart = (batch: number, part: number, fits: (part: number) => boolean): number | null => {
  let [low, high] = [0, Math.min(batch, part - 1)]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  for (let d = low; d >= 1; d--) if (batch % d === 0) return d
  return null
}

/** Bytes of a picture that is being sampled: its noise, the steps of the sampler, both answers, and its place in the grid. */
const numbersOfAPicture = 8

/** Why so many pictures at once do not fit, as the end of a sentence that names them; null where they do. */
export const picturesShortage = (pictures: number, elements: number): string | null =>
  excess('', float64 * numbersOfAPicture * pictures * elements, process.availableMemory(), 'the host')
