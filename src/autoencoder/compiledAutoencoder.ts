/** An autoencoder on a backend: images to moments of latents, latents to images. */
import { compile } from '../lower/compile.ts'
import type { Spec } from '../nn/spec.ts'
import type { Backend, CompileOptions, Executable, Numbers } from '../plan/backend.ts'
import { batched, outputOf } from '../plan/batched.ts'
import type { Moments } from './latents.ts'
import { type Autoencoder, decoding, encoding, type LatentShape, latentShapeOf, type Shapes } from './task.ts'

/** An autoencoder compiled for images of one size, of any number. */
export interface CompiledAutoencoder {
  /** Of an image: height and width in pixels, and channels. */
  readonly shape: Pick<Shapes, 'size' | 'channels'>
  /** Of an image's latents. */
  readonly latents: LatentShape
  /**
   * n images [n, h, w, c] in [-1, 1] -> the moments of their latents. A RangeError for no or not whole images.
   * @param stopCheck called between batches; throws if the work should stop
   */
  readonly encode: (images: Numbers, stopCheck?: () => void) => Promise<Moments>
  /** n images' latents [n, h / f, w / f, z] -> images [n, h, w, c]; as `encode`. */
  readonly decode: (latents: Numbers, stopCheck?: () => void) => Promise<Float32Array>
  /** Frees what was compiled. */
  readonly dispose: () => Promise<void>
}

/** The executables of a half, compiled when it is first used. */
const once = (make: () => Promise<Executable>) => {
  let made: Promise<Executable> | null = null
  return {
    get: (): Promise<Executable> => {
      made ??= make()
      return made
    },
    dispose: async (): Promise<void> => {
      if (made !== null) await (await made).dispose()
      made = null
    },
  }
}

/**
 * An autoencoder with its parameters theta [P], for batches of so many images. A half is compiled when it is first used: who
 * only decodes holds no encoder. Rejects as `compile` does.
 */
export const compileAutoencoder =
  (backend: Backend, options: CompileOptions = {}) =>
  <S extends Spec>(network: Autoencoder<S>, theta: Numbers, shapes: Shapes): CompiledAutoencoder => {
    const { batch, size, channels } = shapes
    const latents = latentShapeOf(network, shapes)
    const half = (program: () => Parameters<ReturnType<typeof compile>>[0]) =>
      once(async () => {
        const executable = await compile(backend, options)(program())
        await executable.write({ theta })
        return executable
      })
    const encoder = half(() => encoding(network, shapes))
    const decoder = half(() => decoding(network, { ...latents, batch }))
    return {
      shape: { size, channels },
      latents,
      encode: async (images, stopCheck) => {
        const run = batched(
          { executable: await encoder.get(), batch, input: 'image', each: size * size * channels },
          stopCheck,
        )
        const outputs = await run(images)
        return { mean: outputOf(outputs, 'mean'), logVariance: outputOf(outputs, 'logVariance') }
      },
      decode: async (values, stopCheck) => {
        const run = batched(
          { executable: await decoder.get(), batch, input: 'latents', each: latents.size ** 2 * latents.channels },
          stopCheck,
        )
        return outputOf(await run(values), 'image')
      },
      dispose: async () => {
        await encoder.dispose()
        await decoder.dispose()
      },
    }
  }
