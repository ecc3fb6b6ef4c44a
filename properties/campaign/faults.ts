/**
 * Preloaded into a process (`node --import`): counts its operations on files of a folder, and makes one of them fail, or
 * kills the process during it. So every write, sync and rename of a run can fail in turn, without test code in the product.
 *
 *   DIFFIT_FAULTS={"folder": "/where", "log": "/file", "at": 17, "kind": "ENOSPC", "forever": false}
 *
 * `at` is the operation (from 0; none if it is missing). `kind` is a system error code, or one of kill-before, kill-within
 * (half of a write is done) and kill-after. `forever`: all later ones too. The log gets a line for each.
 */
import { appendFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'

interface Faults {
  readonly folder: string
  readonly log: string
  readonly at?: number
  readonly kind?: string
  readonly forever?: boolean
}

type Operation = (...args: readonly unknown[]) => Promise<unknown>

const faults: Faults = JSON.parse(process.env.DIFFIT_FAULTS ?? '')
const inside = (path: unknown): boolean =>
  typeof path === 'string' && `${resolve(path)}/`.startsWith(`${faults.folder}/`)

let count = 0
const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

/** Performs the operation, or the fault. */
const doing = async (
  name: string,
  operation: () => Promise<unknown>,
  half: () => Promise<unknown>,
): Promise<unknown> => {
  const here = faults.at === undefined ? false : faults.forever === true ? count >= faults.at : count === faults.at
  count += 1
  appendFileSync(faults.log, `${name}\n`)
  const kind = here ? faults.kind : undefined
  if (kind === 'kill-before') die()
  else if (kind === 'kill-within') {
    await half()
    die()
  } else if (kind === 'kill-after') {
    const result = await operation()
    die()
    return result
  } else if (kind !== undefined) {
    await half()
    throw Object.assign(new Error(`${kind}: planted, ${name}`), { code: kind })
  }
  return operation()
}

const nothing = async (): Promise<void> => undefined

/** A function of paths. */
const patch = (holder: object, name: string, concerns: (args: readonly unknown[]) => boolean): void => {
  const real: Operation = Reflect.get(holder, name)
  const patched: Operation = (...args) =>
    concerns(args) ? doing(name, () => real.apply(holder, [...args]), nothing) : real.apply(holder, [...args])
  Reflect.set(holder, name, patched)
}

const writing = (flags: unknown): boolean =>
  typeof flags === 'number' ? (flags & 3) !== 0 : flags !== undefined && flags !== 'r'

for (const name of ['rename', 'link', 'copyFile']) patch(fs, name, ([from, to]) => inside(from) || inside(to))
for (const name of ['unlink', 'rm', 'mkdir', 'writeFile', 'truncate']) patch(fs, name, ([path]) => inside(path))

/** Open files of the folder; methods are patched on their class. */
const watched = new WeakSet<object>()
const open = fs.open
const patchHandles = (handle: object): void => {
  const holder: object = Object.getPrototypeOf(handle)
  if (Reflect.has(holder, 'diffitPatched')) return
  Reflect.set(holder, 'diffitPatched', true)
  for (const name of ['write', 'writeFile', 'appendFile', 'sync', 'datasync', 'truncate']) {
    const real: Operation = Reflect.get(holder, name)
    const patched = function (this: object, ...args: readonly unknown[]): Promise<unknown> {
      if (!watched.has(this)) return real.apply(this, [...args])
      const data = args[0]
      const half = async (): Promise<void> => {
        // a failing write has often written something
        if (name === 'writeFile' && data instanceof Uint8Array)
          await real.apply(this, [data.subarray(0, data.length >> 1), ...args.slice(1)])
        if (name === 'write' && data instanceof Uint8Array && typeof args[2] === 'number')
          await real.apply(this, [data, args[1], args[2] >> 1, args[3]])
      }
      return doing(name, () => real.apply(this, [...args]), half)
    }
    Reflect.set(holder, name, patched)
  }
}
const opened: typeof fs.open = async (path, flags, mode) => {
  const real = (): Promise<fs.FileHandle> => open(path, flags, mode)
  if (!inside(path)) return real()
  let handle: fs.FileHandle | undefined
  if (writing(flags))
    await doing(
      'open',
      async () => {
        handle = await real()
      },
      nothing,
    )
  handle ??= await real()
  patchHandles(handle)
  watched.add(handle)
  return handle
}
Reflect.set(fs, 'open', opened)
syncBuiltinESMExports()
