/** Training steps of the presets that benchmarks time, as plans. */
import * as E from 'fp-ts/lib/Either.js'
import { configs } from '../../../bench/configs.ts'
import { type Trainable, trainableOf } from '../../../bench/model.ts'

export type PresetName = keyof typeof configs

export const trainableOfPreset = (name: PresetName, batch: number): Trainable => {
  const made = trainableOf(configs[name], batch)
  if (E.isLeft(made)) throw new Error(made.left)
  return made.right
}
