/**
 * kill -9 at random: a run is killed once, twice or three times, by the clock or in the midst of an operation on its
 * files, goes on each time, and must end as the run that was never killed: tensors byte for byte, metrics row for row.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { verify } from '../../src/cli/verify.ts'
import { fold, integer, key, uniform } from '../../src/random/key.ts'
import { difference } from './compare.ts'
import { inPeace, type Peace, type Trial } from './peace.ts'
import { type Fault, finish, launch, operations } from './subject.ts'

const kinds = ['kill-before', 'kill-within', 'kill-after'] as const

/** The run of the campaign, which saves, validates and draws as often as it can. */
export const crashPeace = (home: string, steps = 30): Promise<Peace> =>
  inPeace(home, steps, { save_seconds: 0.03, validation_seconds: 0.05, grid_seconds: 0.1 })

const shortly = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds))

export const crashTrial = async (peace: Peace, seed: number, trial: number): Promise<Trial> => {
  const out = join(peace.subject.home, 'killed')
  rmSync(out, { recursive: true, force: true })
  const draw = fold(key(seed), trial)
  const kills = 1 + integer(fold(draw, 0), 3)
  const told: string[] = []
  for (let k = 0; k < kills; k++) {
    const own = fold(draw, k + 1)
    const byClock = integer(fold(own, 0), 2) === 0
    if (byClock) {
      const after = (uniform(fold(own, 1), 1)[0] ?? 0) * peace.milliseconds
      const running = launch(peace.subject, out)
      const killed = shortly(after).then(running.kill)
      const { signal } = await running.ended
      await killed
      told.push(`${signal === null ? 'done before' : 'killed'} after ${Math.round(after)} ms`)
    } else {
      const at = integer(fold(own, 1), peace.operations)
      const kind = kinds[integer(fold(own, 2), kinds.length)] ?? 'kill-before'
      const fault: Fault = { at, kind }
      const { signal } = await launch(peace.subject, out, { fault }).ended
      told.push(`${signal === null ? 'done before' : kind} operation ${at} (${operations(out)[at] ?? 'none'})`)
    }
  }
  const what = told.join(', ')
  try {
    await finish(peace.subject, out)
    const differs = difference(out, peace.whole)
    if (differs !== null) return { ok: false, what: `${what}: ${differs}` }
    const lines: string[] = []
    const whole = await verify(out, (line) => lines.push(line))
    return { ok: whole && !existsSync(join(out, '.lock')), what: whole ? what : `${what}: ${lines.join('; ')}` }
  } catch (error) {
    return { ok: false, what: `${what}: ${error instanceof Error ? error.message : String(error)}` }
  }
}
