/**
 * Decoding of latents of any size in tiles of one size: memory is that of a tile and of the image. Tiles overlap and are blended
 * linearly, as in diffusers' tiled decoding. Norms and attention see their tile only, so the image is not exactly that of
 * decoding all at once.
 *
 * Laws: where one tile covers all, it is plain decoding; the weights of all tiles at a pixel sum to 1.
 */
import { element } from '../codec/element.ts'
import type { Numbers } from '../plan/backend.ts'
import type { CompiledAutoencoder } from './compiledAutoencoder.ts'

/** Where tiles begin along an axis of so many latents: the last one ends with the axis, others overlap by so many latents. */
export const tileStarts = (latents: number, tile: number, overlap: number): readonly number[] => {
  if (!(latents >= tile && overlap >= 0 && overlap < tile))
    throw new RangeError(
      `tiles of ${tile} latents that overlap by ${overlap}, along ${latents}: expected at least a tile, and an overlap below it`,
    )
  const count = 1 + Math.ceil((latents - tile) / (tile - overlap))
  return Array.from({ length: count }, (_, i) => Math.min(i * (tile - overlap), latents - tile))
}

/**
 * How much each tile counts at the pixels of an axis, [tiles][tile pixels]: a ramp over the overlap at each end that has a
 * neighbour, over the sum of all tiles there.
 * @param starts in pixels, as `size` and `ramp` are
 */
export const tileWeights = (
  starts: readonly number[],
  { size, whole, ramp }: { readonly size: number; readonly whole: number; readonly ramp: number },
): readonly Float64Array[] => {
  const own = starts.map((start) =>
    Float64Array.from({ length: size }, (_, i) => {
      const rising = start === 0 ? 1 : (i + 0.5) / ramp
      const falling = start + size === whole ? 1 : (size - i - 0.5) / ramp
      return Math.min(1, rising, falling)
    }),
  )
  const sum = new Float64Array(whole)
  own.forEach((weights, t) => {
    weights.forEach((w, i) => {
      const at = element(starts, t) + i
      sum[at] = element(sum, at) + w
    })
  })
  return own.map((weights, t) => weights.map((w, i) => w / element(sum, element(starts, t) + i)))
}

/** What tiles are decoded by: an autoencoder compiled for images of the size of a tile. */
export type TileDecoder = Pick<CompiledAutoencoder, 'shape' | 'latents' | 'decode'>

/** How tiles are laid over the latents. */
export interface Tiling {
  /** Latents of a side that neighbours share; a quarter of a tile's side unless given. */
  readonly overlap?: number
  /** Called before each tile; throws if the work should stop. */
  readonly stopCheck?: () => void
}

/** The block of latents [h, w, z] that a tile sees. */
const cut = (
  latents: Numbers,
  { width, channels }: { readonly width: number; readonly channels: number },
  { top, left, side }: { readonly top: number; readonly left: number; readonly side: number },
): Float32Array => {
  const out = new Float32Array(side * side * channels)
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * channels
    out.set(latents.subarray(from, from + side * channels), y * side * channels)
  }
  return out
}

/**
 * One image's latents [h, w, z] -> the image [f h, f w, c]. A RangeError where the latents are not of this height and width, or
 * are smaller than a tile.
 */
export const decodeTiled =
  ({ shape, latents: tile, decode }: TileDecoder, { overlap = Math.floor(tile.size / 4), stopCheck }: Tiling = {}) =>
  async (
    latents: Numbers,
    { height, width }: { readonly height: number; readonly width: number },
  ): Promise<Float32Array> => {
    if (latents.length !== height * width * tile.channels)
      throw new RangeError(
        `${latents.length} numbers: expected ${height * width * tile.channels}, latents of ${height} x ${width} x ${tile.channels}`,
      )
    const by = shape.size / tile.size
    const along = (n: number) => {
      const starts = tileStarts(n, tile.size, overlap)
      const pixels = starts.map((start) => start * by)
      return { starts, weights: tileWeights(pixels, { size: shape.size, whole: n * by, ramp: overlap * by }) }
    }
    const [rows, columns] = [along(height), along(width)]
    const image = new Float32Array(height * by * width * by * shape.channels)
    for (const [i, top] of rows.starts.entries())
      for (const [j, left] of columns.starts.entries()) {
        stopCheck?.()
        const part = await decode(cut(latents, { width, channels: tile.channels }, { top, left, side: tile.size }))
        const [down, across] = [element(rows.weights, i), element(columns.weights, j)]
        for (let y = 0; y < shape.size; y++)
          for (let x = 0; x < shape.size; x++) {
            const weight = element(down, y) * element(across, x)
            const from = (y * shape.size + x) * shape.channels
            const to = ((top * by + y) * width * by + left * by + x) * shape.channels
            for (let c = 0; c < shape.channels; c++)
              image[to + c] = element(image, to + c) + weight * element(part, from + c)
          }
      }
    return image
  }
