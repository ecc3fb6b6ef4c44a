/** The undisturbed run, which every interrupted one must equal. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { launch, operations, type Subject, subject } from './subject.ts'

export interface Trial {
  readonly ok: boolean
  /** How it was killed, and what went wrong. */
  readonly what: string
}

/** An undisturbed run, and the moments at which others can be interrupted. */
export interface Peace {
  readonly subject: Subject
  readonly whole: string
  /** On files of its folder. */
  readonly operations: number
  readonly milliseconds: number
}

/** @param more settings of another model */
export const peaceOf = (home: string, steps: number, cadence: object, more: object = {}): Promise<Peace> =>
  inPeace(subject(home, steps, cadence, more))

export const inPeace = async (s: Subject): Promise<Peace> => {
  const whole = join(s.home, 'whole')
  rmSync(whole, { recursive: true, force: true })
  const { code, err, milliseconds } = await launch(s, whole).ended
  if (code !== 0) throw new Error(`the undisturbed run failed: ${err}`)
  return { subject: s, whole, operations: operations(whole).length, milliseconds }
}
