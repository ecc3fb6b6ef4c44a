/** One writer per folder: who is refused, from whom a lock is taken over, and what the former owner learns. */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { heartbeat, type Lock, lock, removeAbandoned, staleAfter, writer } from '../../src/io/lock.ts'
import { isRunning, thisProcess } from '../../src/io/processIdentity.ts'
import { unmovable } from './failing.ts'

const file = (folder: string): string => join(folder, '.lock')

const taken = async (folder: string): Promise<Lock> => {
  const result = await lock(folder)()
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}

/** A lock that somebody else left. */
const planted = async (folder: string, change: object, secondsAgo = 0): Promise<void> => {
  writeFileSync(
    file(folder),
    JSON.stringify({ ...(await thisProcess()), since: '2026-01-02T03:04:05.678Z', id: 'another', ...change }),
  )
  const then = Date.now() / 1000 - secondsAgo
  utimesSync(file(folder), then, then)
}

/** So many seconds a slow machine may take from planting a lock to asking for it. */
const margin = 30

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
const mtime = (path: string): number => statSync(path).mtimeMs

t.test('a folder in use is refused, with machine, process and start time', async (t) => {
  const folder = t.testdir()
  const first = await taken(folder)
  const { machine } = await thisProcess()
  t.match(await lock(folder)(), {
    left: new RegExp(
      `is in use by process ${process.pid} on ${machine}, writing since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC$`,
    ),
  })
  t.match(await writer(folder)(), { right: new RegExp(`^process ${process.pid} on`) })
  t.strictSame(await first.check(), E.right(undefined))
  await first.release()
  t.notOk(existsSync(file(folder)), 'nothing is left behind')
  t.strictSame(await writer(folder)(), E.right(null))
  await (await taken(folder)).release()
})

t.test('the lock of a dead process of this machine is taken over, with a notice', async (t) => {
  const folder = t.testdir()
  const dead = spawnSync(process.execPath, ['-e', '']).pid
  await planted(folder, { pid: dead })
  const mine = await taken(folder)
  t.match(mine.notice, `was locked by process ${dead} of this machine, which died without leaving it: taken over`)
  await mine.release()
})

t.test('who only reads removes the lock of a dead process, and no other', async (t) => {
  const folder = t.testdir()
  await removeAbandoned(folder)
  await planted(folder, { pid: spawnSync(process.execPath, ['-e', '']).pid })
  await removeAbandoned(folder)
  t.same(readdirSync(folder), [], 'nothing is left of it')
  await planted(folder, { machine: 'elsewhere' })
  await removeAbandoned(folder)
  t.ok(existsSync(file(folder)), 'nobody knows whether its process lives')
  await planted(folder, { scope: 'boot of another machine', machine: 'elsewhere' }, staleAfter - margin)
  await removeAbandoned(folder)
  t.ok(existsSync(file(folder)), 'it may live')
  await planted(folder, { scope: 'boot of another machine', machine: 'elsewhere' }, staleAfter + margin)
  await removeAbandoned(folder)
  t.notOk(existsSync(file(folder)), 'it has not said for long that it does')
  await planted(folder, { pid: spawnSync(process.execPath, ['-e', '']).pid })
  const fixed = unmovable(file(folder), 'EACCES')
  await t.resolves(removeAbandoned(folder), 'what cannot be removed is no error of those who read')
  fixed.restore()
  t.same(readdirSync(folder), ['.lock'])
  rmSync(file(folder))
  const mine = await taken(folder)
  await removeAbandoned(folder)
  t.strictSame(await mine.check(), E.right(undefined))
  await mine.release()
})

t.test('the lock of a reused PID is taken over', async (t) => {
  const folder = t.testdir()
  const me = await thisProcess()
  if (me.started === null) return t.fail('this system does not tell when processes started')
  await planted(folder, { started: '1' })
  t.equal(await isRunning({ ...me, started: '1' }), false)
  t.equal(await isRunning(me), true)
  await (await taken(folder)).release()
})

for (const [whose, change] of [
  ['another machine', { scope: 'boot of another machine', machine: 'elsewhere' }],
  ['a name that cannot be read', { pid: 'none' }],
] as const)
  t.test(`${whose}: refused until its heartbeat is ${staleAfter} s old`, async (t) => {
    const folder = t.testdir()
    await planted(folder, change, staleAfter - margin)
    t.match(await lock(folder)(), {
      left: /is in use by .*\(last heartbeat (9\d|1[01]\d) s ago; it is taken over after 120 s/,
    })
    t.equal(JSON.parse(readFileSync(file(folder), 'utf8')).id, 'another', 'and left alone')
    await planted(folder, change, staleAfter + margin)
    const mine = await taken(folder)
    t.match(
      mine.notice,
      /was locked by .*\(last heartbeat 1[5-7]\d s ago; after 120 s of staleAfter a lock is free\): taken over/,
    )
    await mine.release()
  })

t.test('a lock with a heartbeat in the future, after the clock was set back, is not held for ever', async (t) => {
  const folder = t.testdir()
  await planted(folder, { scope: 'boot of another machine' }, -3600)
  const mine = await taken(folder)
  t.match(mine.notice, /taken over$/)
  await mine.release()
})

t.test('a process that lost its lock learns it, and does not remove the new one', async (t) => {
  const folder = t.testdir()
  const mine = await taken(folder)
  t.equal(mine.lost(), null)
  await planted(folder, { machine: 'elsewhere' })
  t.match(await mine.check(), { left: /^the lock of .* was taken over by process \d+ on elsewhere/ })
  t.match(mine.lost(), /was taken over/)
  await mine.release()
  t.ok(existsSync(file(folder)), "the other one's lock stays")
  rmSync(file(folder))
  const next = await taken(folder)
  rmSync(file(folder))
  t.match(await next.check(), { left: /is gone: someone removed .*\.lock/ })
  await next.release()
})

t.test('a heartbeat keeps the lock fresh, and finds out that it was lost', async (t) => {
  const beats: (() => void)[] = []
  t.capture(globalThis, 'setInterval', (beat: () => void, milliseconds: number) => {
    if (milliseconds === heartbeat * 1000) beats.push(beat)
    return { unref: () => undefined }
  })
  const folder = t.testdir()
  const mine = await taken(folder)
  utimesSync(file(folder), 1000, 1000)
  beats[0]?.()
  await t.resolves(until(() => Date.now() - mtime(file(folder)) < 60_000))
  await planted(folder, {})
  beats[0]?.()
  await t.resolves(until(() => mine.lost() !== null))
  await mine.release()
})

t.test('of many processes contending for a lock left by a dead process, one gets it', async (t) => {
  const folder = t.testdir()
  const dead = spawnSync(process.execPath, ['-e', '']).pid
  for (let round = 0; round < 20; round++) {
    await planted(folder, { pid: dead })
    const all = await Promise.all(Array.from({ length: 8 }, () => lock(folder)()))
    const winners = all.filter(E.isRight)
    const holding = await Promise.all(winners.map(({ right }) => right.check()))
    t.equal(holding.filter(E.isRight).length, 1, `round ${round}`)
    for (const { right } of winners) await right.release()
    t.notOk(existsSync(file(folder)))
  }
})

t.test('a temporarily unreadable lock is not lost', async (t) => {
  const folder = t.testdir()
  const mine = await taken(folder)
  const text = readFileSync(file(folder))
  rmSync(file(folder))
  mkdirSync(file(folder))
  t.match(await mine.check(), { left: /^cannot read the lock .*\.lock: it is a folder$/ })
  t.equal(mine.lost(), null)
  rmSync(file(folder), { recursive: true })
  writeFileSync(file(folder), text)
  t.strictSame(await mine.check(), E.right(undefined))
  await mine.release()
})

t.test('a lock that is a dangling link is refused, and nothing is left behind', async (t) => {
  const folder = t.testdir()
  symlinkSync('nowhere', file(folder))
  t.match(await lock(folder)(), { left: /^cannot lock .*: .*\.lock is neither free nor held by anybody\. Remove it/ })
  t.strictSame(readdirSync(folder), ['.lock'])
})
