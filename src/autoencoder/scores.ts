/** How good reconstructions of held-out pictures are. */
import { element } from '../codec/element.ts'
import type { Numbers } from '../plan/backend.ts'
import { klOfMoments, type ReconstructionLoss } from './loss.ts'
import { meanPsnr } from './psnr.ts'

/** What a network makes of pictures: `reconstructing`'s outputs, [n, h, w, c] and [n, h / f, w / f, z] twice. */
export interface Reconstructed {
  readonly reconstruction: Numbers
  readonly mean: Numbers
  readonly logVariance: Numbers
}

/** The numbers of a validation. */
export interface ReconstructionScore {
  /** What training minimises, here of the images that are decoded of the mean, without noise. */
  readonly loss: number
  /** The mean over pictures of their peak signal-to-noise ratios, in decibels. */
  readonly psnr: number
  /** The mean KL divergence of a number of the latents. */
  readonly kl: number
}

/** Scores reconstructions of pictures of so many numbers each. */
export const reconstructionScore = (
  made: Reconstructed,
  pictures: Numbers,
  {
    each,
    loss: { absolute, squared },
    klWeight,
  }: {
    readonly each: number
    readonly loss: Pick<ReconstructionLoss, 'absolute' | 'squared'>
    readonly klWeight: number
  },
): ReconstructionScore => {
  const psnr = meanPsnr(made.reconstruction, pictures, each)
  const kl = klOfMoments(made)
  let sum = 0
  for (let i = 0; i < pictures.length; i++) {
    const difference = element(made.reconstruction, i) - element(pictures, i)
    sum += absolute * Math.abs(difference) + squared * difference * difference
  }
  return { loss: sum / pictures.length + klWeight * kl, psnr, kl }
}
