/** A plan as dispatches of units over arenas, and these as WGSL: everything that is known before there is a device. */
import { OutOfMemory } from '../../src/plan/errors.ts'
import { reads, writes } from '../../src/plan/kernel.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { at } from '../../src/tensor/axes.ts'
import { aligned, bytesOf, type Layout, layOut, type Place, type Tenant } from './arena.ts'
import { type Dispatch, dispatchesOf } from './dispatches.ts'
import { withoutFills } from './fills.ts'
import { type DispatchText, moduleOf } from './module.ts'
import { unitCode } from './unitCode.ts'
import { type Part, partsOf } from './units.ts'

/** What a device allows: elements of one arena, and arenas. */
export interface Room {
  readonly elements: number
  readonly arenas: number
  /** Units of one dispatch at most: a processor that computes for a device runs the texts of all, whichever it is in. */
  readonly abreast: number
  /** Of a device that computes nothing: arenas hold only what the host writes and reads. */
  readonly idle: boolean
}

export interface ProgramDispatch extends DispatchText {
  readonly label: string
  readonly parts: readonly Part[]
}

export interface WebGpuProgram {
  readonly dispatches: readonly ProgramDispatch[]
  /** Where each buffer of the plan lies. */
  readonly places: readonly Place[]
  /** Elements of each arena. */
  readonly arenas: readonly number[]
  /** Elements that the plan needs, whatever a device holds of them. */
  readonly elements: number
}

/** When a buffer is needed: from its first dispatch to its last, or always. */
const tenantsOf = (
  { buffers, lifetimes }: Plan,
  zeroed: ReadonlySet<number>,
  scratch: readonly number[],
  dispatches: readonly Dispatch[],
): readonly Tenant[] => {
  const spans = new Map<number, { first: number; last: number }>()
  dispatches.forEach((units, moment) => {
    for (const { kernel } of units.flatMap((u) => u.parts))
      for (const buffer of [...reads(kernel), writes(kernel)])
        spans.set(buffer, { first: spans.get(buffer)?.first ?? moment, last: moment })
  })
  const always = { first: 0, last: dispatches.length }
  return [...buffers.map((b) => b.size), ...scratch].map((size, buffer) => {
    const lasting = lifetimes[buffer] === null
    const span = lasting || zeroed.has(buffer) ? undefined : spans.get(buffer)
    return { size, lasting, ...(span ?? always) }
  })
}

/** The largest buffer, and that it is larger than the device binds as a whole. */
const tooLarge = (plan: Plan, { elements }: Room): OutOfMemory => {
  const largest = plan.buffers.reduce((a, b) => (b.size > a.size ? b : a))
  return new OutOfMemory({
    what: `buffer "${largest.name}"`,
    needed: bytesOf(aligned(largest.size)),
    available: bytesOf(elements),
    where: 'webgpu',
  })
}

/** That the arenas are more than the device binds at once. */
const tooMany = (arenas: readonly number[], { elements, arenas: most }: Room): OutOfMemory =>
  new OutOfMemory({
    what: 'the plan',
    needed: bytesOf(elements * (arenas.length - 1) + at(arenas, arenas.length - 1)),
    available: bytesOf(elements * most),
    where: 'webgpu',
  })

const inChunks = (units: Dispatch, most: number): readonly Dispatch[] =>
  units.length <= most ? [units] : [units.slice(0, most), ...inChunks(units.slice(most), most)]

/** Units in the order of their dispatches, and where each buffer lies. */
export interface Lowered {
  readonly dispatches: readonly Dispatch[]
  readonly layout: Layout
  /** Buffers that are filled with zeros by having memory of their own. */
  readonly zeroed: ReadonlySet<number>
}

/** `OutOfMemory` if the plan does not fit the arenas. */
export const lowered = (plan: Plan, room: Room): Lowered => {
  const { regions, zeroed } = withoutFills(plan)
  const { parts, scratch } = partsOf(regions, plan.buffers.length)
  const dispatches = dispatchesOf(parts).flatMap((units) => inChunks(units, room.abreast))
  const layout = layOut(tenantsOf(plan, zeroed, scratch, dispatches), room.elements)
  if (layout === null) throw tooLarge(plan, room)
  if (layout.arenas.length > room.arenas) throw tooMany(layout.arenas, room)
  return { dispatches, layout, zeroed }
}

const labelOf = (units: Dispatch): string => {
  const names = units.flatMap((u) => u.parts.map((p) => p.kernel.name))
  return names.length > 3 ? `${names.slice(0, 2).join(' ')} .. ${names.at(-1)}` : names.join(' ')
}

/** `OutOfMemory` if the plan does not fit the arenas. */
export const program = (plan: Plan, room: Room): WebGpuProgram => {
  const { dispatches, layout } = lowered(plan, room)
  const held = room.idle ? layout.lasting.map((n) => Math.max(n, aligned(1))) : layout.arenas
  const arenas = held.length === 0 ? [aligned(1)] : held
  const place = (buffer: number): Place => at(layout.places, buffer)
  return {
    arenas,
    elements: layout.arenas.reduce((sum, n) => sum + n, 0),
    places: layout.places,
    dispatches: dispatches.map((some) => ({
      ...moduleOf(
        some.map((unit) => unitCode(unit, place)),
        arenas.map((n) => (room.idle ? null : n)),
      ),
      label: labelOf(some),
      parts: some.flatMap((unit) => unit.parts),
    })),
  }
}
