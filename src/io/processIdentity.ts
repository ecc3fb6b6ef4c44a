/**
 * The identity of a process, so that another can tell later whether it still runs. A PID alone does not suffice: it is
 * reused after a while, and means nothing on another machine, after a reboot or in another container.
 *
 * Linux provides the boot id, the process namespace and the start time; elsewhere host name and PID must do.
 */
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import * as t from 'io-ts'

export const processIdentity = t.readonly(
  t.type({
    machine: t.string,
    /** Processes of equal scopes share a PID space: one boot of one machine, one namespace. */
    scope: t.string,
    pid: t.number,
    /** Start time in the kernel's ticks; null where the operating system does not report it. */
    started: t.union([t.string, t.null]),
  }),
)
export type ProcessIdentity = t.TypeOf<typeof processIdentity>

const orNull = <A>(value: Promise<A>): Promise<A | null> => value.catch(() => null)

/**
 * State and start time of a process of this machine, from /proc (man proc: fields 3 and 22); null if it does not exist.
 */
const statOf = async (pid: number): Promise<{ readonly state: string; readonly started: string } | null> => {
  const text = await orNull(readFile(`/proc/${pid}/stat`, 'utf8'))
  // the name in parentheses may itself contain parentheses
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

/** Whether it still runs; null if unknown, because it is of another machine, boot or container. */
export const isRunning = async (who: ProcessIdentity): Promise<boolean | null> => {
  if (who.scope !== (await scopeHere())) return null
  if (!numberInUse(who.pid)) return false
  const stat = await statOf(who.pid)
  if (stat === null || who.started === null) return true
  return stat.started === who.started && stat.state !== 'Z'
}
