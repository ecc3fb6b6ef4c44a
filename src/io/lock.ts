/**
 * One writer a folder. The file `.lock` says which process writes: a second one is refused, with the first one's machine,
 * number and beginning. Readers need no lock.
 *
 * A lock is taken over only from a process of this machine that is dead, or, where that cannot be known (another machine,
 * container or boot), after `silence` seconds without a heartbeat by the clock of the file system. Whoever lost a lock
 * like this learns it at the next heartbeat or `check`, and must write nothing more.
 *
 * Libraries for locks know ages only: they take over from a process that was merely suspended, and make everybody wait
 * after a kill -9. Locks of the system (flock) do not reach Node without native code, nor other machines.
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

/** Seconds between heartbeats, and of silence after which a lock that cannot be asked about is taken over. */
export const heartbeat = 15
export const silence = 120

const owner = t.readonly(t.intersection([processIdentity, t.type({ since: t.string, id: t.string })]))
type Owner = t.TypeOf<typeof owner>

export interface Lock {
  /** Said to the user where the lock was taken over. */
  readonly notice: string | null
  /** A Left once the lock is another's, or gone, or while that cannot be known (it is not lost then). */
  readonly check: TE.TaskEither<string, void>
  /** Why the lock was lost, if the last look found it so; no call of the file system. */
  readonly lost: () => string | null
  readonly release: () => Promise<void>
}

/** So often a lock may change hands while it is asked for; a link to nothing would be asked for ever. */
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

/** What stands in a lock file: an owner, or null where the file is none of ours or torn; undefined where there is none. */
const readOwner = async (path: string): Promise<Owner | null | undefined> => {
  try {
    return ownerIn(await readFile(path, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The same, and null for a file that cannot be read. */
const ownerAt = (path: string): Promise<Owner | null | undefined> => readOwner(path).catch(() => null)

const at = (since: string): string => since.slice(0, 19).replace('T', ' ')
const words = (who: Owner): string => `process ${who.pid} on ${who.machine}, writing since ${at(who.since)} UTC`

interface Judgement {
  readonly free: boolean
  readonly why: string
}

/**
 * May the lock be taken?
 * @param since seconds since its last heartbeat by the file system's clock; where that was put back they are negative,
 *   and a holder that lives would have beaten since
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
  return quiet > silence
    ? { free: true, why: `${name} (${age}; after ${silence} s of silence a lock is free)` }
    : { free: false, why: `${name} (${age}; it is taken over after ${silence} s of silence)` }
}

/** Puts `from` at `to` unless something is there (false) or `from` is gone (null); where links cannot be had, a copy. */
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

/** Milliseconds of the last change; null where there is no such file. */
const timeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  )

/** Takes a lock away that was judged free, unless it has changed hands since: then it is put back. */
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
      // gone meanwhile: the other one let go, or swept our candidate away
      if (placed === null || found === undefined || now === null || last === null) continue
      const { free, why } = await judge(found, (now - last) / 1000)
      if (!free) return E.left(`${folder} is in use by ${why}`)
      await remove(path, found, beside)
      notice = `${folder} was locked by ${why}: taken over`
    }
    return E.left(`cannot lock ${folder}: ${path} is neither free nor anybody's. Remove it where nobody writes there`)
  } finally {
    await unlink(candidate).catch(() => undefined)
  }
}

const writeSynced = async (path: string, text: string): Promise<void> => {
  await using file = await open(path, 'w')
  await file.writeFile(text)
  await file.sync()
}

/** The new time of the lock is the file system's own, so that clocks of two machines need not agree. */
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
      // a heartbeat that cannot be written now is tried again at the next one
      .catch(() => undefined)
  }, heartbeat * 1000)
  timer.unref()
  /** At once, since a process that exits has no time to wait. */
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

/** The lock of a folder that exists. */
export const lock = (folder: string): TE.TaskEither<string, Lock> =>
  pipe(
    TE.tryCatch(
      () => take(folder),
      (error) => `cannot lock ${folder}: ${reason(error)}`,
    ),
    TE.chainEitherK((taken) => taken),
    TE.map((taken) => held(folder, taken)),
  )

/** Who writes into a folder now, in words; null where nobody does. */
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
