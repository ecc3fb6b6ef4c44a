/**
 * One writer per folder. The file `.lock` identifies the writing process: a second one is refused with the first one's
 * machine, PID and start time. Readers need no lock.
 *
 * A lock is taken over only from a dead process of this machine, or, where that cannot be determined (another machine,
 * container or boot), after `staleAfter` seconds without a heartbeat by the file system's clock. A process that has lost its
 * lock learns it at the next heartbeat or `check`, and must write nothing more.
 *
 * Lock libraries use ages only: they take over from a process that was merely suspended, and delay everybody after a
 * kill -9. System locks (flock) need native code in Node, and do not reach other machines.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { constants, copyFile, link, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { codeOf, reason } from './atomic.ts'
import { isRunning, processIdentity, thisProcess } from './processIdentity.ts'

/** Seconds between heartbeats, and without one before a lock is taken over from a process that cannot be checked. */
export const heartbeat = 15
export const staleAfter = 120

const owner = t.readonly(t.intersection([processIdentity, t.type({ since: t.string, id: t.string })]))
type Owner = t.TypeOf<typeof owner>

export interface Lock {
  /** A message for the user if the lock was taken over. */
  readonly notice: string | null
  /** A Left once the lock is another's or gone, or while that cannot be determined (then it is not lost). */
  readonly check: TE.TaskEither<string, void>
  /** Why the lock was lost, according to the last check; no file access. */
  readonly lost: () => string | null
  readonly release: () => Promise<void>
}

/** How often the lock may change hands while being acquired; a dangling link would otherwise be retried for ever. */
const rounds = 100

const lockPath = (folder: string): string => join(folder, '.lock')

const ownerIn = (text: string): Owner | null =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      () => null,
    ),
    E.chainW(owner.decode),
    E.getOrElse<unknown, Owner | null>(() => null),
  )

/** The contents of a lock file: an owner, null if it is not ours or incomplete, undefined if there is no file. */
const readOwner = async (path: string): Promise<Owner | null | undefined> => {
  try {
    return ownerIn(await readFile(path, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The same, and null for an unreadable file. */
const ownerAt = (path: string): Promise<Owner | null | undefined> => readOwner(path).catch(() => null)

const at = (since: string): string => since.slice(0, 19).replace('T', ' ')
const words = (who: Owner): string => `process ${who.pid} on ${who.machine}, writing since ${at(who.since)} UTC`

interface Judgement {
  readonly free: boolean
  readonly why: string
}

/**
 * Whether the lock may be taken.
 * @param since seconds since its last heartbeat by the file system's clock; negative if the clock was set back, in which
 *   case a live holder would have sent a heartbeat since
 */
const judge = async (who: Owner | null, since: number): Promise<Judgement> => {
  const quiet = Math.abs(since)
  const running = who === null ? null : await isRunning(who)
  if (who !== null && running !== null)
    return running
      ? { free: false, why: words(who) }
      : { free: true, why: `process ${who.pid} of this machine, which died without leaving it` }
  const name = who === null ? 'someone whose name cannot be read' : words(who)
  const age = `last heartbeat ${Math.round(quiet)} s ago`
  return quiet > staleAfter
    ? { free: true, why: `${name} (${age}; after ${staleAfter} s of staleAfter a lock is free)` }
    : { free: false, why: `${name} (${age}; it is taken over after ${staleAfter} s of staleAfter)` }
}

/** Links `from` to `to` unless `to` exists (false) or `from` is gone (null); copies where links are not supported. */
const place = async (from: string, to: string): Promise<boolean | null> => {
  try {
    await link(from, to).catch(async (error) => {
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error
      await copyFile(from, to, constants.COPYFILE_EXCL)
    })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Modification time in milliseconds; null if there is no such file. */
const timeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  )

/** Removes a lock that was judged free, unless it has changed hands since: then it is put back. */
const remove = async (path: string, judged: Owner | null, beside: (what: string) => string): Promise<void> => {
  const aside = beside('aside')
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const found = await ownerAt(aside)
  if (found?.id !== judged?.id) await place(aside, path)
  await unlink(aside).catch(() => undefined)
}

interface Taken {
  readonly id: string
  readonly text: string
  readonly notice: string | null
}

const take = async (folder: string): Promise<E.Either<string, Taken>> => {
  const [path, id] = [lockPath(folder), randomBytes(6).toString('hex')]
  const beside = (what: string): string => join(folder, `.lock-${what}.${id}.tmp`)
  const text = JSON.stringify({ ...(await thisProcess()), since: new Date().toISOString(), id })
  const candidate = beside('new')
  let notice: string | null = null
  try {
    for (let round = 0; round < rounds; round++) {
      await writeSynced(candidate, text)
      const placed = await place(candidate, path)
      if (placed === true) return E.right({ id, text, notice })
      const found = await ownerAt(path)
      const [now, last] = [await timeOf(candidate), await timeOf(path)]
      // gone meanwhile: its holder released it, or removed our temporary file
      if (placed === null || found === undefined || now === null || last === null) continue
      const { free, why } = await judge(found, (now - last) / 1000)
      if (!free) return E.left(`${folder} is in use by ${why}`)
      await remove(path, found, beside)
      notice = `${folder} was locked by ${why}: taken over`
    }
    return E.left(
      `cannot lock ${folder}: ${path} is neither free nor held by anybody. Remove it if no process writes to the folder`,
    )
  } finally {
    await unlink(candidate).catch(() => undefined)
  }
}

const writeSynced = async (path: string, text: string): Promise<void> => {
  await using file = await open(path, 'w')
  await file.writeFile(text)
  await file.sync()
}

/** The lock's new time is set by the file system, so that clocks of two machines need not agree. */
const beat = async (path: string, text: string): Promise<void> => {
  await using file = await open(path, 'r+')
  await file.write(text, 0)
}

const held = (folder: string, { id, text, notice }: Taken): Lock => {
  const path = lockPath(folder)
  let lost: string | null = null
  const look = async (): Promise<string | null> => {
    const found = await readOwner(path)
    if (found?.id === id) return null
    const why =
      found === undefined
        ? `is gone: someone removed ${path}`
        : `was taken over by ${found === null ? 'someone whose name cannot be read' : words(found)}`
    lost = `the lock of ${folder} ${why}. Nothing more is written there`
    return lost
  }
  const timer = setInterval(() => {
    look()
      .then((gone) => (gone === null ? beat(path, text) : undefined))
      // a failed heartbeat is retried at the next one
      .catch(() => undefined)
  }, heartbeat * 1000)
  timer.unref()
  /** Synchronous, since an exiting process cannot wait. */
  const leave = (): void => {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) rmSync(path, { force: true })
  }
  process.once('exit', leave)
  return {
    notice,
    check: pipe(
      TE.tryCatch(look, (error) => `cannot read the lock ${path}: ${reason(error)}`),
      TE.chainEitherK((gone) => (gone === null ? E.right(undefined) : E.left(gone))),
    ),
    lost: () => lost,
    release: async () => {
      clearInterval(timer)
      process.off('exit', leave)
      leave()
    },
  }
}

/** Locks an existing folder. */
export const lock = (folder: string): TE.TaskEither<string, Lock> =>
  pipe(
    TE.tryCatch(
      () => take(folder),
      (error) => `cannot lock ${folder}: ${reason(error)}`,
    ),
    TE.chainEitherK((taken) => taken),
    TE.map((taken) => held(folder, taken)),
  )

/**
 * Removes the lock of a folder whose holder died before it left, for those that only read from then on; one that is held, or may be,
 * is let be, and so is one that cannot be removed.
 */
export const removeAbandoned = async (folder: string): Promise<void> => {
  const path = lockPath(folder)
  const [found, last] = [await ownerAt(path), await timeOf(path)]
  if (found === undefined || last === null) return
  const { free } = await judge(found, (Date.now() - last) / 1000)
  const id = randomBytes(6).toString('hex')
  if (free) await remove(path, found, (what) => join(folder, `.lock-${what}.${id}.tmp`)).catch(() => undefined)
}

/** The process that is writing to a folder, in words; null if none. */
export const writer = (folder: string): TE.TaskEither<string, string | null> =>
  TE.tryCatch(
    async () => {
      const found = await ownerAt(lockPath(folder))
      if (found === undefined) return null
      const last = await timeOf(lockPath(folder))
      if (last === null) return null
      const { free, why } = await judge(found, (Date.now() - last) / 1000)
      return free ? null : why
    },
    (error) => `cannot read the lock of ${folder}: ${reason(error)}`,
  )
