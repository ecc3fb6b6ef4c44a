/** The computations of the large workload, ours and PyTorch's; tiny ones check that they run. */
import { klDefaults } from '../src/models/kl/klConfig.ts'
import { latentDefaults } from '../src/models/latent/latentConfig.ts'
import type { Rounds } from './harness.ts'
import { decodePass, forwardPass, guidance, guidedSampling, type Large, levelsOf } from './largeOurs.ts'
import type { TorchOperation } from './peers/torch.ts'

export interface LargeCase {
  readonly name: string
  readonly rounds: Rounds
  readonly ours: Large
  /** PyTorch's settings, each in a process of its own. */
  readonly torch: readonly TorchOperation[]
  /** Whether a setting of PyTorch takes gigabytes: then one thread is not tried, and no two settings are alive at once. */
  readonly isHuge: boolean
}

export const forwardCase = 'forward pass, batch 1'
export const decodeCase = 'decode to an image'

const tinyLatent = { ...latentDefaults, input_size: 8, width: 16, depth: 1, heads: 2, classes: 3 }
const tinyKL = { ...klDefaults, image_size: 16, widths: [8, 16], blocks: 1, groups: 4 }

/** DiffiT-XL at 256 x 256, 25 steps, and Stable Diffusion's autoencoder; or what has the same parts. */
export const largeCases = (smoke: boolean): readonly LargeCase[] => {
  const [config, kl, steps] = smoke ? [tinyLatent, tinyKL, 2] : [latentDefaults, klDefaults, 25]
  return [
    {
      name: forwardCase,
      rounds: { rounds: 10, steps: 1, warmup: 1 },
      ours: forwardPass(config, 1),
      torch: [{ kind: 'forward', config, batch: 1 }],
      isHuge: true,
    },
    {
      name: `${steps} guided steps`,
      rounds: { rounds: 1, steps: 1, warmup: 0 },
      ours: guidedSampling(config, steps),
      torch: [{ kind: 'sampling', config, guidance, ...levelsOf(steps) }],
      isHuge: true,
    },
    {
      name: decodeCase,
      rounds: { rounds: 10, steps: 1, warmup: 1 },
      ours: decodePass(kl),
      torch: [false, true].map((channels_last) => ({ kind: 'decode', config: kl, channels_last })),
      isHuge: false,
    },
  ]
}
