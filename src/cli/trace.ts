/**
 * Runs one image through one training step on the cpu backend, printing each kernel's result. Stops at the first kernel
 * that produces NaN, and names it. Use it to debug a run that looks wrong on another backend.
 */
import { cpu } from '../../backends/cpu/index.ts'
import type { StepFeeds } from '../diffusion/batch.ts'
import { planOf } from '../lower/compile.ts'
import type { ConfiguredModel } from '../models/model.ts'
import type { Observed } from '../plan/backend.ts'
import { withShapes } from '../plan/compiled.ts'
import type { State } from '../train/checkpoint.ts'
import { runOf } from '../train/run.ts'
import { trainingStep } from '../train/step.ts'
import { Failure } from './errors.ts'
import type { Position } from './session.ts'
import type { Settings } from './settings.ts'
import { taskOf } from './task.ts'

export interface Summary {
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly nans: number
}

export const summary = (values: Float32Array | Float64Array): Summary => {
  let [min, max, sum, nans] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (const v of values) {
    if (Number.isNaN(v)) nans += 1
    else {
      min = Math.min(min, v)
      max = Math.max(max, v)
      sum += v
    }
  }
  return { min, max, mean: sum / Math.max(1, values.length - nans), nans }
}

const figure = (x: number): string => x.toExponential(3).padStart(11)

export const line = (index: number, { name, shape, values }: Observed): string => {
  const { min, max, mean } = summary(values)
  return `${String(index).padStart(5)}  ${name.padEnd(28)} ${`[${shape.join(', ')}]`.padEnd(24)} ${figure(min)} ${figure(max)} ${figure(mean)}`
}

/** @param say receives each line */
export const trace = async (
  model: ConfiguredModel,
  settings: Settings,
  { batches, at, state }: { batches: (one: Settings) => (images: number) => StepFeeds; at: Position; state: State },
  say: (line: string) => void,
): Promise<void> => {
  const one: Settings = { ...settings, training: { ...settings.training, batch: 1, micro_batch: 1 } }
  say(
    `${'#'.padStart(5)}  ${'kernel'.padEnd(28)} ${'shape'.padEnd(24)} ${'min'.padStart(11)} ${'max'.padStart(11)} ${'mean'.padStart(11)}`,
  )
  let index = 0
  const task = taskOf(model, one)
  const program = trainingStep(task)
  const plan = planOf(program)
  const executable = await cpu.compile(plan, {
    observe: (node) => {
      say(line(index, node))
      const { nans } = summary(node.values)
      if (nans > 0)
        throw new Failure(
          `kernel ${index}, ${node.name} [${node.shape.join(', ')}], produced the first NaN: ${nans} of its ${node.values.length} values`,
        )
      index += 1
    },
  })
  try {
    const run = runOf(withShapes(plan, executable, program), task)
    await run.load(state, { updates: at.step, images: at.images })
    const { loss, gradientNorm } = await run.step(batches(one)(at.images))
    say(`loss ${loss}, gradient norm ${gradientNorm}: no NaN in ${index} kernels`)
  } finally {
    await executable.dispose()
  }
}
