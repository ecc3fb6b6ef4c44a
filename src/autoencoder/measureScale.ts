/** The scale of a data set's latents, measured. */
import type { Numbers } from '../plan/backend.ts'
import type { CompiledAutoencoder } from './compiledAutoencoder.ts'
import { type LatentScale, scaleMeter } from './latents.ts'

/**
 * The mean and the deviation of each channel of the latents of images, which come in blocks [n, h, w, c] of any size. A
 * RangeError where there are none.
 * @param onBlock called after each block; throws if the work should stop
 */
export const measureScale =
  ({ encode, latents }: Pick<CompiledAutoencoder, 'encode' | 'latents'>, onBlock: () => void = () => undefined) =>
  async (blocks: Iterable<Numbers>): Promise<LatentScale> => {
    const meter = scaleMeter(latents.channels)
    for (const block of blocks) {
      meter.add(await encode(block))
      onBlock()
    }
    return meter.scale()
  }
