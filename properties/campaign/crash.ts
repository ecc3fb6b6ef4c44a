/**
 * kill -9 at random: a run is killed once, twice or three times, by the clock or in the midst of an operation on its
 * files, goes on each time, and must end as the run that was never killed: tensors byte for byte, metrics row for row.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { verify } from '../../src/cli/verify.ts'
import { fold, integer, key, uniform } from '../../src/random/key.ts'
import { difference } from './compare.ts'
import { type Fault, finish, launch, operations, type Subject, subject } from './subject.ts'

export interface Trial {
  readonly ok: boolean
  /** How it was killed, and what went wrong. */
  readonly what: string
}

const kinds = ['kill-before', 'kill-within', 'kill-after'] as const

/** A run that was never killed, and what there is to choose moments from. */
export interface Peace {
  readonly subject: Subject
  readonly whole: string
  readonly operations: number
  readonly milliseconds: number
}

export const inPeace = async (home: string, steps = 30): Promise<Peace> => {
  const s = subject(home, steps, { save_seconds: 0.03, validation_seconds: 0.05, grid_seconds: 0.1 })
  const whole = join(s.home, 'whole')
  rmSync(whole, { recursive: true, force: true })
  const { code, err, milliseconds } = await launch(s, whole).ended
  if (code !== 0) throw new Error(`the run in peace failed: ${err}`)
  return { subject: s, whole, operations: operations(whole).length, milliseconds }
}

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
