/** The optimiser of timed training steps: AdamW after clipping by the norm, as the peers have it. */
import { adamw } from '../src/train/adamw.ts'
import { clipByGlobalNorm } from '../src/train/links.ts'
import { chain } from '../src/train/optimiser.ts'

export const optimiser = chain(clipByGlobalNorm(1), adamw({ learningRate: 1e-4, weightDecay: 0.01 }))
