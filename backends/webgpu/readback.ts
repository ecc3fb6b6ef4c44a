/** What a run returns, copied out of the arenas into one of a few buffers that the host maps in turn. */
import { type GpuBuffer, type GpuDevice, type GpuEncoder, mapRead, usage } from './api.ts'

/** So many numbers from element `offset` of an arena. */
export interface Piece {
  readonly name: string
  readonly arena: number
  readonly offset: number
  readonly elements: number
}

export interface Readback {
  /** Adds the copies to the work; the returned function reads them once it has been submitted. */
  readonly take: (encoder: GpuEncoder) => Promise<() => Promise<Readonly<Record<string, Float32Array>>>>
  readonly bytes: number
  /** Resolves when what is being read has been. */
  readonly close: () => Promise<void>
}

const bytesOf = (elements: number): number => Float32Array.BYTES_PER_ELEMENT * elements

/** @param depth runs that may be under way at once */
export const readback = (
  device: GpuDevice,
  arenas: readonly GpuBuffer[],
  pieces: readonly Piece[],
  depth: number,
): Readback => {
  const bytes = bytesOf(pieces.reduce((sum, p) => sum + p.elements, 0))
  const size = Math.max(16, bytes)
  const buffers = Array.from({ length: depth }, (_, i) =>
    device.createBuffer({ label: `readback ${i}`, size, usage: usage.mapRead | usage.copyTo }),
  )
  /** Each buffer, as soon as the host has let go of it. */
  const free: Promise<GpuBuffer>[] = buffers.map((b) => Promise.resolve(b))
  const under = new Set<Promise<boolean>>()
  const numbersIn = (buffer: GpuBuffer): Readonly<Record<string, Float32Array>> => {
    const all = new Float32Array(buffer.getMappedRange())
    let from = 0
    return Object.fromEntries(
      pieces.map(({ name, elements }) => {
        const start = from
        from += elements
        return [name, all.slice(start, start + elements)]
      }),
    )
  }
  return {
    bytes,
    take: async (encoder) => {
      const next = free.shift()
      if (next === undefined) throw new Error('webgpu: there is no buffer to read with')
      const { promise, resolve } = Promise.withResolvers<GpuBuffer>()
      free.push(promise)
      const buffer = await next
      let to = 0
      for (const { arena, offset, elements } of pieces) {
        const from = arenas[arena]
        if (elements > 0 && from !== undefined)
          encoder.copyBufferToBuffer(from, bytesOf(offset), buffer, to, bytesOf(elements))
        to += bytesOf(elements)
      }
      const read = async () => {
        try {
          if (bytes === 0) return Object.fromEntries(pieces.map((p) => [p.name, new Float32Array(0)]))
          await buffer.mapAsync(mapRead)
          const numbers = numbersIn(buffer)
          buffer.unmap()
          return numbers
        } finally {
          resolve(buffer)
        }
      }
      return () => {
        const numbers = read()
        const done: Promise<boolean> = numbers.then(
          () => under.delete(done),
          () => under.delete(done),
        )
        under.add(done)
        return numbers
      }
    },
    close: async () => {
      await Promise.all(under)
      for (const b of buffers) b.destroy()
    },
  }
}
