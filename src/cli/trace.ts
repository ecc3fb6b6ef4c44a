/**
 * Runs one image through one training step on the cpu backend, printing each kernel's formula and result. Stops at the
 * first NaN, and names the operation that made it. Use it to debug a run that looks wrong on another backend.
 */
import { cpu } from '../../backends/cpu/index.ts'
import { head, lineOf } from '../check/traceRow.ts'
import { watch } from '../check/watch.ts'
import { explained } from '../lower/explained.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { type Feeds, withShapes } from '../plan/compiled.ts'
import type { State } from '../train/checkpoint.ts'
import { runOf } from '../train/run.ts'
import { Failure } from './errors.ts'
import { objectiveOf } from './objectives/objectives.ts'
import type { Position } from './session/turn.ts'
import type { Settings } from './settings/options.ts'

/** @param say receives each line */
export const trace = async (
  model: ConfiguredModel,
  settings: Settings,
  { batches, at, state }: { batches: (one: Settings) => (images: number) => Feeds; at: Position; state: State },
  say: (line: string) => void,
): Promise<void> => {
  const one: Settings = { ...settings, training: { ...settings.training, batch: 1, micro_batch: 1 } }
  say(head)
  const training = objectiveOf(model, one).training()
  const program = training.program()
  const about = explained(program.recorded())
  let kernels = 0
  const observe = watch(about, {
    row: (row) => {
      say(lineOf(row))
      kernels += 1
    },
    fault: ({ message }) => {
      throw new Failure(message)
    },
  })
  const executable = await cpu.compile(about.plan, { observe })
  try {
    const run = runOf(withShapes(about.plan, executable, program), training.task)
    await run.load(state, { updates: at.step, images: at.images })
    const { loss, gradientNorm } = await run.step(batches(one)(at.images))
    say(`loss ${loss}, gradient norm ${gradientNorm}: no NaN in ${kernels} kernels`)
  } finally {
    await executable.dispose()
  }
}
