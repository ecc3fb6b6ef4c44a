/** What a run returns, copied out of the arenas into one of a few buffers that the host maps in turn. */
import { at } from '../../src/tensor/axes.ts'
import { type GpuBuffer, type GpuDevice, type GpuEncoder, mapRead, usage } from './api.ts'
import { bytesOf } from './arena.ts'

/** So many numbers from element `offset` of an arena. */
export interface Piece {
  readonly name: string
  readonly arena: number
  readonly offset: number
  readonly elements: number
}

export type Read = Readonly<Record<string, Float32Array>>

export interface Readback {
  /** Adds the copies to the work and submits it; the returned function waits for what has been copied. */
  readonly submit: (encoder: GpuEncoder) => Promise<() => Promise<Read>>
  readonly bytes: number
  /** Resolves when everything that was submitted has been read. */
  readonly close: () => Promise<void>
}

/** @param depth runs that may be under way at once */
export const readback = (
  device: GpuDevice,
  arenas: readonly GpuBuffer[],
  pieces: readonly Piece[],
  depth: number,
): Readback => {
  let end = 0
  const placed = pieces.map((piece) => {
    const start = end
    end += piece.elements
    return { ...piece, start }
  })
  const bytes = bytesOf(end)
  const buffers = Array.from({ length: depth }, (_, i) =>
    device.createBuffer({ label: `readback ${i}`, size: Math.max(16, bytes), usage: usage.mapRead | usage.copyTo }),
  )
  /** Each buffer, as soon as nothing is read from it, whether anybody waits for that or not. */
  const free: Promise<GpuBuffer>[] = buffers.map((b) => Promise.resolve(b))
  const readWith = async (buffer: GpuBuffer, encoder: GpuEncoder): Promise<Read> => {
    for (const { arena, offset, elements, start } of placed)
      if (elements > 0)
        encoder.copyBufferToBuffer(at(arenas, arena), bytesOf(offset), buffer, bytesOf(start), bytesOf(elements))
    device.queue.submit([encoder.finish()])
    await buffer.mapAsync(mapRead)
    const all = new Float32Array(buffer.getMappedRange())
    const numbers = placed.map(({ name, start, elements }) => [name, all.slice(start, start + elements)])
    buffer.unmap()
    return Object.fromEntries(numbers)
  }
  return {
    bytes,
    submit: async (encoder) => {
      const next = free.shift()
      if (next === undefined) throw new Error('webgpu: there is no buffer to read with')
      const { promise, resolve } = Promise.withResolvers<GpuBuffer>()
      free.push(promise)
      const buffer = await next
      const numbers = readWith(buffer, encoder)
      const done = (): void => resolve(buffer)
      numbers.then(done, done)
      return () => numbers
    },
    close: async () => {
      for (const buffer of await Promise.all(free)) buffer.destroy()
    },
  }
}
