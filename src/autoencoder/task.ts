/** An autoencoder's training as a task of `train`, and its networks as programs: reconstructing, encoding, decoding. */
import type { Params, Spec } from '../nn/spec.ts'
import { flatSize, unflatten } from '../nn/spec.ts'
import type { Declared, None, Program } from '../plan/program.ts'
import { sizeAt } from '../tensor/axes.ts'
import { add, exp, input, mul, type Tensor } from '../tensor/ops.ts'
import { inference } from '../train/inference.ts'
import type { Task } from '../train/step.ts'
import { klDivergence, type ReconstructionLoss, reconstructionLoss } from './loss.ts'

/** The shapes of a micro-batch: images at a time, their height and width in pixels, and their channels. */
export interface Shapes {
  /** Images at a time. */
  readonly batch: number
  /** Height and width, in pixels. */
  readonly size: number
  readonly channels: number
}

/** The shape of an image's latents. */
export interface LatentShape {
  /** Height and width. */
  readonly size: number
  readonly channels: number
}

/** A network of two halves: images [b, h, w, c] -> the moments of normal latents [b, h / f, w / f, z] -> images. */
export interface Autoencoder<S extends Spec> {
  readonly spec: S
  readonly apply: (params: Params<S>) => {
    readonly encode: (x: Tensor) => { readonly mean: Tensor; readonly logVariance: Tensor }
    readonly decode: (latents: Tensor) => Tensor
  }
}

/** The shape of the latents of images. */
export const latentShapeOf = <S extends Spec>(
  { spec, apply }: Autoencoder<S>,
  { size, channels }: Pick<Shapes, 'size' | 'channels'>,
): LatentShape => {
  const network = apply(unflatten(spec)(input('theta', [flatSize(spec)])))
  const { shape } = network.encode(input('image', [1, size, size, channels])).mean
  return { size: sizeAt(shape, 1), channels: sizeAt(shape, 3) }
}

type NetworkProgram<O extends Readonly<Record<string, Tensor>>> = Program<
  O,
  None,
  Readonly<Record<string, Tensor>>,
  None
>

/** `mean` and `logVariance` [b, h / f, w / f, z] of `image` [b, h, w, c], with the parameters `theta` [P]. */
export const encoding = <S extends Spec>(
  { spec, apply }: Autoencoder<S>,
  { batch, size, channels }: Shapes,
): NetworkProgram<{ readonly mean: Tensor; readonly logVariance: Tensor }> =>
  inference(spec, { image: [batch, size, size, channels] }, (params, { image }) => ({
    outputs: apply(params).encode(image),
  }))

/** `image` [b, f h, f w, c] of `latents` [b, h, w, z], with the parameters `theta` [P]. */
export const decoding = <S extends Spec>(
  { spec, apply }: Autoencoder<S>,
  { batch, size, channels }: LatentShape & Pick<Shapes, 'batch'>,
): NetworkProgram<{ readonly image: Tensor }> =>
  inference(spec, { latents: [batch, size, size, channels] }, (params, { latents }) => ({
    outputs: { image: apply(params).decode(latents) },
  }))

/** The image decoded from the latents' mean, as `reconstruction`, beside `mean` and `logVariance`: of `image`, with `theta`. */
export const reconstructing = <S extends Spec>(
  { spec, apply }: Autoencoder<S>,
  { batch, size, channels }: Shapes,
): NetworkProgram<{ readonly reconstruction: Tensor; readonly mean: Tensor; readonly logVariance: Tensor }> =>
  inference(spec, { image: [batch, size, size, channels] }, (params, { image }) => {
    const { encode, decode } = apply(params)
    const { mean, logVariance } = encode(image)
    return { outputs: { reconstruction: decode(mean), mean, logVariance } }
  })

/** The inputs of a training step. */
type ReconstructionBatch = {
  readonly image: Declared
  /** Standard normal numbers, of the latents' shape. */
  readonly noise: Declared
}

/** What `reconstructionTask` takes beside the network: shapes, the loss, the weight of the KL term, optimiser, average. */
export interface ReconstructionOptions
  extends Shapes,
    Pick<Task<Spec, ReconstructionBatch>, 'optimiser' | 'ema' | 'accumulate'> {
  readonly loss: Pick<ReconstructionLoss, 'absolute' | 'squared'>
  readonly klWeight: number
}

/** The training of an autoencoder as a task of `train`. */
export type ReconstructionTask<S extends Spec> = Task<S, ReconstructionBatch>

/**
 * The loss of images with noise: z = mean + exp(logVariance / 2) noise; the reconstruction loss of the image that is decoded of
 * z, plus the weight times the mean KL divergence. Rombach et al. (2022) without their perceptual and adversarial terms.
 */
export const autoencoderLoss =
  <S extends Spec>({ apply }: Autoencoder<S>, { loss, klWeight }: Pick<ReconstructionOptions, 'loss' | 'klWeight'>) =>
  (params: Params<S>, image: Tensor, noise: Tensor): Tensor => {
    const { encode, decode } = apply(params)
    const { mean, logVariance } = encode(image)
    const latents = add(mean, mul(exp(mul(logVariance, 0.5)), noise))
    return add(reconstructionLoss(loss)(decode(latents), image), mul(klDivergence(mean, logVariance), klWeight))
  }

/** The task of a network. */
export const reconstructionTask = <S extends Spec>(
  network: Autoencoder<S>,
  { loss, klWeight, batch, size, channels, ...rules }: ReconstructionOptions,
): ReconstructionTask<S> => {
  const latents = latentShapeOf(network, { size, channels })
  const ofBatch = autoencoderLoss(network, { loss, klWeight })
  return {
    spec: network.spec,
    ...rules,
    batch: {
      image: [batch, size, size, channels],
      noise: [batch, latents.size, latents.size, latents.channels],
    },
    loss: (params, { image, noise }) => ofBatch(params, image, noise),
  }
}
