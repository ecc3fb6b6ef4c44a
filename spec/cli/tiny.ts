/** A run small enough for a test: an 8 x 8 model of 12,737 parameters on the emoji. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backends } from '../../backends/index.ts'
import type { Progress } from '../../src/cli/progress.ts'
import type { Environment } from '../../src/cli/train.ts'

export const tinyModel = {
  image_size: 8,
  widths: [8, 8],
  depths: [1, 1],
  heads: 2,
  window: 4,
  time_width: 16,
}

/** As plain as it gets, quickly compiled, and the same whatever the presets say. */
export const plain = {
  optimiser: 'adamw',
  learning_rate: 0.001,
  schedule: 'constant',
  cooldown: 0,
  unit_tokens: false,
  block_gain: 1,
}

/** JSON is YAML. */
export const config = (folder: string, training: object = {}, model: object = {}): string => {
  const path = join(folder, 'tiny.yaml')
  const sampling = { steps: 3, columns: 2 }
  writeFileSync(
    path,
    JSON.stringify({
      model: { ...tinyModel, ...model },
      training: { ...plain, batch: 4, ...training },
      sampling,
      // so small that more threads mostly wait for one another
      threads: 1,
    }),
  )
  return path
}

/** The same, saved after every step; neither validated nor drawn on the way. */
export const often = (folder: string): string => {
  const path = config(folder)
  const cadence = { save_seconds: 1e-9, validation_seconds: 1e9, grid_seconds: 1e9 }
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), cadence }))
  return path
}

/** Shows nothing, remembers what was said. */
export const quiet = (): Environment & { readonly said: string[] } => {
  const said: string[] = []
  const progress: Progress = { show: () => undefined, say: (line) => said.push(line), stop: () => undefined }
  return { progress, backends, said }
}
