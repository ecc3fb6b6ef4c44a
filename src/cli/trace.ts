/**
 * Runs one image through one training step on the cpu backend, printing each kernel's formula and result. Stops at the
 * first NaN, and names the operation that made it. Use it to debug a run that looks wrong on another backend.
 */
import { cpu } from '../../backends/cpu/index.ts'
import { head, lineOf } from '../check/traceRow.ts'
import { watch } from '../check/watch.ts'
import type { Key } from '../random/key.ts'
import type { Rules, State } from '../train/loop.ts'
import { type Examples, type Position, trainer } from '../train/loop.ts'
import { Failure } from './errors.ts'
import { explainedTraining } from './plans.ts'
import type { Settings } from './settings.ts'

/** @param say receives each line */
export const trace = async (
  settings: Settings,
  { rules, key, examples, at, state }: { rules: Rules; key: Key; examples: Examples; at: Position; state: State },
  say: (line: string) => void,
): Promise<void> => {
  const one: Settings = { ...settings, training: { ...settings.training, batch: 1, micro_batch: 1 } }
  say(head)
  const about = explainedTraining(one)
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
    const t = trainer(executable, { ...rules, batch: 1, microBatch: 1 }, key, examples)
    await t.load(state)
    const { loss, gradientNorm } = await t.step(at)
    say(`loss ${loss}, gradient norm ${gradientNorm}: no NaN in ${kernels} kernels`)
  } finally {
    await executable.dispose()
  }
}
