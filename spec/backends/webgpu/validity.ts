/**
 * Whether every text of the presets' programs is valid WGSL at the limits that every device has: Dawn's null backend makes
 * pipelines of them. `node spec/backends/webgpu/validity.ts` does it for whole presets; tests take one block of each width.
 */
import * as E from 'fp-ts/lib/Either.js'
import { layoutOf } from '../../../backends/webgpu/binding.ts'
import { open } from '../../../backends/webgpu/device.ts'
import { pipelines } from '../../../backends/webgpu/pipeline.ts'
import { program } from '../../../backends/webgpu/program.ts'
import { modelOf } from '../../../src/cli/model.ts'
import { networkPlan, trainingPlan } from '../../../src/cli/plans.ts'
import { standard } from '../../../src/cli/settings/options.ts'
import { settingsOf } from '../../../src/cli/settings/settings.ts'
import { models, presetsOf } from '../../../src/models/models.ts'

/** Texts do not say how large arenas are, so that whatever a preset needs is no matter. */
const room = { elements: 2 ** 31, arenas: 8, abreast: Number.POSITIVE_INFINITY, idle: true }

/** The same configuration with one block at each width. */
const shallow = (config: object): object => {
  if ('depths' in config && Array.isArray(config.depths)) return { ...config, depths: config.depths.map(() => 1) }
  if ('depth' in config) return { ...config, depth: 1 }
  return 'blocks' in config ? { ...config, blocks: 1 } : config
}

export interface Validated {
  /** Names of presets of one configuration. */
  readonly names: readonly string[]
  /** Dispatches of its training step and of its network. */
  readonly dispatches: number
}

/**
 * Presets of one configuration, once: what is to be validated.
 * @param whole all blocks, and the network besides its training step
 */
export const validations = (whole: boolean): readonly (() => Promise<Validated>)[] => {
  const configs = [...presetsOf(models)].map(([name, { config }]) => ({
    name,
    config: whole ? config : shallow(config),
  }))
  const same = Map.groupBy(configs, ({ config }) => JSON.stringify(config))
  return [...same.values()].map((some) => async () => {
    const [{ name, config } = { name: '', config: {} }] = some
    const made = settingsOf({ preset: name, model: config }, {})
    if (E.isLeft(made)) throw new Error(made.left)
    const model = modelOf(made.right, standard)
    const plans = [trainingPlan(model, made.right, 1), ...(whole ? [networkPlan(model, 1)] : [])]
    let dispatches = 0
    for (const plan of plans) {
      const { device } = await open('null')
      const written = program(plan, room)
      await pipelines(device, layoutOf(device, written.arenas.length).pipelines, written.dispatches, () => undefined)
      dispatches += written.dispatches.length
      device.destroy()
    }
    return { names: some.map((s) => s.name), dispatches }
  })
}

if (import.meta.main)
  for (const validate of validations(true)) {
    const { names, dispatches } = await validate()
    console.log(`${names.join(', ')}: ${dispatches} dispatches are valid`)
  }
