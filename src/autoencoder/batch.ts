/** The inputs of a training step: images, and the noise of their latents. */
import type { Numbers } from '../plan/backend.ts'
import { fold, type Key, normal } from '../random/key.ts'
import type { LatentShape, Shapes } from './task.ts'

/** The feeds of a training step: image [b, h, w, c], noise [b, h / f, w / f, z]. */
export type ReconstructionFeeds = {
  readonly image: Float64Array
  readonly noise: Float64Array
}

/** The micro-batch that begins at a position of the endless stream; the noise of an image comes from its position's key. */
export const reconstructionBatches = (
  key: Key,
  images: (position: number) => { readonly image: Numbers },
  { batch, size, channels }: Shapes,
  latents: LatentShape,
): ((position: number) => ReconstructionFeeds) => {
  const each = size * size * channels
  const eachNoise = latents.size ** 2 * latents.channels
  return (position) => {
    const [image, noise] = [new Float64Array(batch * each), new Float64Array(batch * eachNoise)]
    for (let i = 0; i < batch; i++) {
      const { image: own } = images(position + i)
      if (own.length !== each)
        throw new RangeError(`picture ${position + i} has ${own.length} numbers: expected ${each}`)
      image.set(own, i * each)
      noise.set(normal(fold(key, position + i), eachNoise), i * eachNoise)
    }
    return { image, noise }
  }
}
