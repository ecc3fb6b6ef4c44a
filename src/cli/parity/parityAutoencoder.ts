/** An autoencoder's encoding, decoding and backward pass compared with the reference's. */

import { reconstructionLosses } from '../../autoencoder/loss.ts'
import { autoencoderLoss, latentShapeOf } from '../../autoencoder/task.ts'
import { evaluate } from '../../lower/compile.ts'
import { autoencoderOf } from '../../models/models.ts'
import { encode, flatSize, flatten, unflatten } from '../../nn/spec.ts'
import type { Backend, CompileOptions } from '../../plan/backend.ts'
import { input } from '../../tensor/ops.ts'
import { valueAndGrad } from '../../transform/grad.ts'
import { mustBe } from '../errors.ts'
import { type Deviation, worstGradient, worstOf } from './parityCase.ts'
import { channelsLast, imageSizes, type Reference, relativeError } from './reference.ts'

export const parityAutoencoder = async (
  backend: Backend,
  options: CompileOptions,
  file: Reference,
): Promise<readonly Deviation[]> => {
  const model = mustBe(autoencoderOf(file.model))
  const { spec, apply } = model
  const [batch, channels, size] = imageSizes(file.tensor('input.x'))
  const latents = latentShapeOf(model, { size, channels })
  const image = input('image', [batch, size, size, channels])
  const noise = input('noise', [batch, latents.size, latents.size, latents.channels])
  const given = input('latents', noise.shape)
  const params = unflatten(spec)(input('theta', [flatSize(spec)]))
  const about = { loss: reconstructionLosses.mse, klWeight: Number(file.metadata.beta) }
  const [loss, gradient] = valueAndGrad((p: typeof params) => autoencoderLoss(model, about)(p, image, noise))(params)
  const { mean, logVariance } = apply(params).encode(image)
  const output = apply(params).decode(given)

  const theirs = (name: string): Float64Array => channelsLast(file.tensor(name))
  const ours = await evaluate(backend, options)(
    { mean, logVariance, output, loss, gradient: flatten(spec)(gradient) },
    { theta: file.theta, image: theirs('input.x'), noise: theirs('input.noise'), latents: theirs('latent') },
  )
  return [
    worstOf('moments', [
      ['mean', relativeError(ours.mean, theirs('mean'))],
      ['logvar', relativeError(ours.logVariance, theirs('logvar'))],
    ]),
    worstOf('output', [['output', relativeError(ours.output, theirs('output'))]]),
    worstOf('loss', [['loss', relativeError(ours.loss, file.tensor('loss').values)]]),
    worstGradient(file, encode(spec)(ours.gradient)),
  ]
}
