/** The random keys of a run, derived from its seed, one per use. */
import { fold, type Key, key } from '../random/key.ts'

export interface Keys {
  readonly root: Key
  readonly parameters: Key
  readonly noise: Key
  /** For shuffling the training images. */
  readonly order: Key
  readonly validation: Key
  readonly samples: Key
  /** For the real pictures that samples are compared with. */
  readonly real: Key
}

export const keysOf = (seed: number): Keys => {
  const root = key(seed)
  return {
    root,
    parameters: fold(root, 0),
    noise: fold(root, 1),
    order: fold(root, 2),
    validation: fold(root, 3),
    samples: fold(root, 4),
    real: fold(root, 5),
  }
}
