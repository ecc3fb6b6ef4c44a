/**
 * Lifetimes -> places: every buffer lies in one of a few arenas, each a buffer of the device that is bound as a whole.
 * Buffers that live at the same time never overlap. Those that outlive a run come first, then large ones, each into the
 * tightest gap that is free for its whole life; another arena begins where one would grow beyond what the device binds.
 */

import { type Allocation, bestFit, type Life, take } from '../bestFit.ts'

/** Where a buffer of the plan lies: element `offset` of an arena. */
export interface Place {
  readonly arena: number
  readonly offset: number
}

export interface Layout {
  readonly places: readonly Place[]
  /** Elements of each arena. */
  readonly arenas: readonly number[]
  /** Of these, the first ones, which hold what outlives a run. */
  readonly lasting: readonly number[]
}

/** What is placed: elements, and when they are needed. */
export interface Tenant extends Life {
  readonly size: number
  /** Whether it outlives a run. */
  readonly lasting: boolean
}

/** Bytes of so many elements. */
export const bytesOf = (elements: number): number => Float32Array.BYTES_PER_ELEMENT * elements

/** Elements of 256 bytes, to which devices align. */
const alignment = 64
export const aligned = (elements: number): number => Math.ceil(elements / alignment) * alignment

/** Null if a single one is larger than an arena may be. */
export const layOut = (tenants: readonly Tenant[], most: number): Layout | null => {
  const places: Place[] = tenants.map(() => ({ arena: 0, offset: 0 }))
  const arenas: { readonly taken: Allocation[]; end: number; lasting: number }[] = []
  const order = tenants
    .map((tenant, i) => ({ tenant, i, size: aligned(tenant.size) }))
    .filter(({ size }) => size > 0)
    .toSorted((a, b) => Number(b.tenant.lasting) - Number(a.tenant.lasting) || b.size - a.size || a.i - b.i)
  for (const { tenant, i, size } of order) {
    if (size > most) return null
    const found = arenas.findIndex(({ taken }) => bestFit(taken, tenant, size) + size <= most)
    const arena = found < 0 ? arenas.push({ taken: [], end: 0, lasting: 0 }) - 1 : found
    const held = arenas[arena]
    if (held === undefined) throw new RangeError(`webgpu: there is no arena ${arena}`)
    const offset = bestFit(held.taken, tenant, size)
    places[i] = { arena, offset }
    const { first, last } = tenant
    take(held.taken, { first, last, from: offset, to: offset + size })
    held.end = Math.max(held.end, offset + size)
    if (tenant.lasting) held.lasting = held.end
  }
  return { places, arenas: arenas.map(({ end }) => end), lasting: arenas.map(({ lasting }) => lasting) }
}
