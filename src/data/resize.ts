/**
 * Square byte images downsampled by averaging areas, or enlarged by padding with the background.
 *
 * Plain arithmetic, so that a data set has the same bytes, and the same fingerprint, on every machine.
 */
import { element } from '../codec/element.ts'

/** Which old pixels a new pixel covers, and by how much. */
const cover = (from: number, to: number): readonly (readonly (readonly [number, number])[])[] =>
  Array.from({ length: to }, (_, i) => {
    const [low, high] = [(i * from) / to, ((i + 1) * from) / to]
    const first = Math.floor(low)
    return Array.from({ length: Math.ceil(high) - first }, (_, j) => {
      const at = first + j
      return [at, Math.min(high, at + 1) - Math.max(low, at)] as const
    }).filter(([, part]) => part > 1e-9)
  })

/** [from, from, c] to [to, to, c], each new pixel the mean of the area that it covers. */
export const average = (pixels: Uint8Array, from: number, to: number, channels: number): Uint8Array => {
  if (from === to) return pixels
  const covers = cover(from, to)
  const out = new Uint8Array(to * to * channels)
  const area = (from / to) ** 2
  covers.forEach((rows, y) => {
    covers.forEach((columns, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (const [row, high] of rows)
          for (const [column, wide] of columns)
            sum += high * wide * element(pixels, (row * from + column) * channels + c)
        out[(y * to + x) * channels + c] = Math.round(sum / area)
      }
    })
  })
  return out
}

/** [from, from, c] centred in [to, to, c], padded with one value; odd padding is wider at the bottom and right. */
export const framed = (
  pixels: Uint8Array,
  from: number,
  to: number,
  channels: number,
  background: number,
): Uint8Array => {
  const out = new Uint8Array(to * to * channels).fill(background)
  const start = Math.floor((to - from) / 2)
  for (let y = 0; y < from; y++)
    out.set(pixels.subarray(y * from * channels, (y + 1) * from * channels), ((start + y) * to + start) * channels)
  return out
}
