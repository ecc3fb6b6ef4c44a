/** Pictures and the images of a model: the same in pixel space, encoded and decoded in latent space. */
import type { CompiledAutoencoder } from '../../autoencoder/compiledAutoencoder.ts'
import { denormalised, type LatentScale, normalised } from '../../autoencoder/latents.ts'
import { joined } from '../../codec/joined.ts'

/** The shape of a picture. */
export interface PictureShape {
  /** Height and width, in pixels. */
  readonly size: number
  readonly channels: number
}

/** How pictures become images of a model, and images pictures. */
export interface ImageSpace {
  readonly picture: PictureShape
  /** Pixels along a side of a picture for one of an image: 1 in pixel space. */
  readonly factor: number
  /** Images [h / f, w / f, z] of pictures [h, w, c]; in latent space of the means. */
  readonly encode: (pictures: readonly Float64Array[]) => Promise<readonly Float64Array[]>
  /** Pictures [h, w, c] of images. @param stopCheck called between batches; throws if the work should stop */
  readonly decode: (images: readonly Float64Array[], stopCheck?: () => void) => Promise<readonly Float64Array[]>
  /** Frees what was compiled. */
  readonly dispose: () => Promise<void>
}

/** Where images are pictures. */
export const pixelSpace = (picture: PictureShape): ImageSpace => ({
  picture,
  factor: 1,
  encode: async (pictures) => pictures,
  decode: async (images) => images,
  dispose: async () => undefined,
})

const split = (all: Float32Array, count: number): readonly Float64Array[] => {
  const each = all.length / count
  return Array.from({ length: count }, (_, i) => Float64Array.from(all.subarray(i * each, (i + 1) * each)))
}

/** Where images are latents at this scale: law: decode(encode(pictures)) is the autoencoder's reconstruction of their means. */
export const latentSpace = (
  { shape, latents, encode, decode, dispose }: CompiledAutoencoder,
  scale: LatentScale,
): ImageSpace => ({
  picture: shape,
  factor: shape.size / latents.size,
  encode: async (pictures) => {
    if (pictures.length === 0) return []
    const { mean } = await encode(joined(pictures))
    return split(normalised(scale)(mean), pictures.length)
  },
  decode: async (images, stopCheck) => {
    if (images.length === 0) return []
    return split(await decode(denormalised(scale)(joined(images)), stopCheck), images.length)
  },
  dispose,
})
