/**
 * kill -9 at random: a run is killed one to three times, at random times or in the middle of a file operation, resumed each
 * time, and must end like the run that was never killed: tensors byte for byte, metrics row for row.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { verify } from '../../src/cli/verify.ts'
import { fold, integer, type Key, key, uniform } from '../../src/random/key.ts'
import { difference } from './compare.ts'
import { type Peace, peaceOf, type Trial } from './peace.ts'
import { type Fault, finish, launch, operations } from './subject.ts'

const kinds = ['kill-before', 'kill-within', 'kill-after'] as const

/** The campaign's run, which saves, validates and draws as often as possible. */
export const crashPeace = (home: string, steps = 30): Promise<Peace> =>
  peaceOf(home, steps, { save_seconds: 0.03, validation_seconds: 0.05, grid_seconds: 0.1 })

const shortly = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds))

/** One kill, at a moment drawn from the first `share` of an undisturbed run. Null if the run was done before. */
const kill = async (peace: Peace, out: string, draw: Key, share: number): Promise<string | null> => {
  if (integer(fold(draw, 0), 2) === 0) {
    const after = (uniform(fold(draw, 1), 1)[0] ?? 0) * share * peace.milliseconds
    const running = launch(peace.subject, out)
    const killed = shortly(after).then(running.kill)
    const { signal } = await running.ended
    await killed
    return signal === null ? null : `after ${Math.round(after)} ms`
  }
  const at = integer(fold(draw, 1), Math.max(1, Math.floor(share * peace.operations)))
  const kind = kinds[integer(fold(draw, 2), kinds.length)] ?? 'kill-before'
  const fault: Fault = { at, kind }
  const { signal } = await launch(peace.subject, out, { fault }).ended
  return signal === null ? null : `${kind} operation ${at} (${operations(out)[at] ?? 'none'})`
}

/** A run that is killed one to three times; one that was done too early is retried with earlier moments. */
export const crashTrial = async (peace: Peace, seed: number, trial: number): Promise<Trial> => {
  const out = join(peace.subject.home, 'killed')
  const draw = fold(key(seed), trial)
  const kills = 1 + integer(fold(draw, 0), 3)
  const told: string[] = []
  for (let attempt = 0; told.length === 0; attempt++) {
    rmSync(out, { recursive: true, force: true })
    for (let k = 0; k < kills; k++) {
      const how = await kill(peace, out, fold(fold(draw, 1 + attempt), k), 0.9 ** (1 + attempt) / (1 + k))
      if (how !== null) told.push(how)
    }
  }
  const what = `killed ${told.join(', ')}`
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
