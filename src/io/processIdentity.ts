/**
 * Who a process is, so that another one can tell later whether it still runs. A number alone does not: it is given again
 * to another process after a while, and means nothing on another machine, after a restart or in another container.
 *
 * Linux tells a boot's id, a process's namespace and when it started; elsewhere the machine's name and the number must do.
 */
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import * as t from 'io-ts'

export const processIdentity = t.readonly(
  t.type({
    machine: t.string,
    /** Processes of equal scopes see each other's numbers: one boot of one machine, one namespace. */
    scope: t.string,
    pid: t.number,
    /** When it started, in the system's own count; null where the system does not tell. */
    started: t.union([t.string, t.null]),
  }),
)
export type ProcessIdentity = t.TypeOf<typeof processIdentity>

const orNull = <A>(value: Promise<A>): Promise<A | null> => value.catch(() => null)

/** State and start time of a process of this machine, from /proc (man proc: fields 3 and 22); null where there is none. */
const statOf = async (pid: number): Promise<{ readonly state: string; readonly started: string } | null> => {
  const text = await orNull(readFile(`/proc/${pid}/stat`, 'utf8'))
  // the name in parentheses may hold anything, parentheses too
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, started] = [fields?.[0], fields?.[19]]
  return state === undefined || started === undefined ? null : { state, started }
}

const scopeHere = async (): Promise<string> => {
  const boot = await orNull(readFile('/proc/sys/kernel/random/boot_id', 'utf8'))
  const namespace = await orNull(readlink('/proc/self/ns/pid'))
  return boot === null || namespace === null ? `host ${hostname()}` : `boot ${boot.trim()} ${namespace}`
}

export const thisProcess = async (): Promise<ProcessIdentity> => ({
  machine: hostname(),
  scope: await scopeHere(),
  pid: process.pid,
  started: (await statOf(process.pid))?.started ?? null,
})

const numberInUse = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Does it still run? Null where that cannot be known from here: it is of another machine, boot or container. */
export const isRunning = async (who: ProcessIdentity): Promise<boolean | null> => {
  if (who.scope !== (await scopeHere())) return null
  if (!numberInUse(who.pid)) return false
  const stat = await statOf(who.pid)
  if (stat === null || who.started === null) return true
  return stat.started === who.started && stat.state !== 'Z'
}
