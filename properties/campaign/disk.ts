/**
 * Every write, sync and rename of a run fails in turn: once, or permanently from then on. Whatever happens, the process ends
 * with its work done or with one sentence; the last checkpoint in its record loads; and resuming afterwards ends like the
 * undisturbed run. Two really small disks follow: a tmpfs, and a file size limit.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { remarks } from '../../src/cli/verify.ts'
import { difference } from './compare.ts'
import { type Peace, peaceOf, type Trial } from './peace.ts'
import { type Ended, type Fault, finish, launch, operations, sentence } from './subject.ts'

/** Disk full, read-only, interrupted, I/O error, quota exceeded. */
const codes = ['ENOSPC', 'EROFS', 'EINTR', 'EIO', 'EDQUOT'] as const

/** Every operation with an error, once and permanently, cycling through the codes; `most` of them, evenly chosen. */
export const diskFaults = ({ operations }: Peace, most = 2 * operations): readonly Fault[] => {
  const all = 2 * operations
  return Array.from({ length: Math.min(most, all) }, (_, n) => {
    const i = Math.floor((n * all) / Math.min(most, all))
    return { at: i >> 1, kind: codes[(i >> 1) % codes.length] ?? 'EIO', forever: i % 2 === 1 }
  })
}

/** What is wrong with the checkpoints of a folder; null if the last one loads, or there is none yet. */
const damaged = async (out: string): Promise<string | null> => {
  if (!existsSync(join(out, 'config.yaml'))) return null
  const wrong = (await remarks(out)).filter(
    ({ kind, what }) => kind === 'wrong' && /checkpoint|run\.json|yaml/.test(what),
  )
  return wrong.length === 0 ? null : wrong.map(({ what }) => what).join('; ')
}

/** The newest checkpoint that a folder's record names; null where there is none. */
const newest = (out: string): number | null => {
  const path = join(out, 'run.json')
  if (!existsSync(path)) return null
  const { checkpoints }: { checkpoints: readonly { step: number }[] } = JSON.parse(readFileSync(path, 'utf8'))
  return checkpoints.at(-1)?.step ?? null
}

const judged = async (peace: Peace, out: string, what: string, outcome: Ended) => {
  const bad = await damaged(out)
  if (bad !== null) return { ok: false, what: `${what}: ${bad}` }
  if (outcome.code !== 0 && sentence(outcome.err) === null)
    return {
      ok: false,
      what: `${what}: ended by ${outcome.code ?? outcome.signal} without one sentence: ${outcome.err}`,
    }
  try {
    await finish(peace.subject, out)
  } catch (error) {
    return { ok: false, what: `${what}: ${error instanceof Error ? error.message : String(error)}` }
  }
  const differs = difference(out, peace.whole)
  return { ok: differs === null, what: differs === null ? what : `${what}: ${differs}` }
}

export const diskTrial = async (peace: Peace, fault: Fault): Promise<Trial> => {
  const out = join(peace.subject.home, 'failing')
  rmSync(out, { recursive: true, force: true })
  const ended = await launch(peace.subject, out, { fault }).ended
  const what = `${fault.kind} at operation ${fault.at} (${operations(out)[fault.at] ?? 'not reached'})${fault.forever === true ? ' and ever after' : ''}: ${ended.code === 0 ? 'done' : sentence(ended.err)}`
  return judged(peace, out, what, ended)
}

/** A disk of so many KiB, as root on Linux: the run, then the same with space. Null if it cannot be mounted. */
export const tmpfsTrial = async (peace: Peace, kib: number): Promise<Trial | null> => {
  const disk = join(peace.subject.home, 'disk')
  mkdirSync(disk, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    return null
  }
  try {
    const out = join(disk, 'run')
    const ended = await launch(peace.subject, out).ended
    const before = newest(out)
    const what = `a disk of ${kib} KiB: ${ended.code === 0 ? 'done' : sentence(ended.err)}; newest checkpoint ${before ?? 'none'}`
    execFileSync('mount', ['-o', 'remount,size=64m', disk], { stdio: 'ignore' })
    return await judged(peace, out, what, ended)
  } finally {
    execFileSync('umount', ['-l', disk], { stdio: 'ignore' })
  }
}

/** A file size limit of so many KiB (`ulimit -f`). */
export const limitTrial = async (peace: Peace, kib: number): Promise<Trial> => {
  const out = join(peace.subject.home, 'limited')
  rmSync(out, { recursive: true, force: true })
  const ended = await launch(peace.subject, out, { shell: `ulimit -f ${kib}` }).ended
  const what = `files of ${kib} KiB at most: ${ended.code === 0 ? 'done' : sentence(ended.err)}`
  return judged(peace, out, what, ended)
}

/** A short undisturbed run that saves after every step. */
export const diskPeace = (home: string): Promise<Peace> =>
  peaceOf(home, 3, { save_seconds: 1e-9, validation_seconds: 1e9, grid_seconds: 1e9 })
