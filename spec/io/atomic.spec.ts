/** Writing whole or not at all, seen through failures: a folder in the way, a full disk, a kill in the middle. */
import { spawn, spawnSync } from 'node:child_process'
import { type FileHandle, mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { isTemporary, readBytes, writeAtomic } from '../../src/io/atomic.ts'

const inFolder = async (t: { teardown: (f: () => unknown) => void }): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-atomic-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
const module = new URL('../../src/io/atomic.ts', import.meta.url).href

t.test('what was written is read, and the folder holds nothing else', async (t) => {
  const folder = await inFolder(t)
  const path = join(folder, 'a')
  t.same(await writeAtomic(path, 'old')(), E.right(undefined))
  t.same(await writeAtomic(path, [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)])(), E.right(undefined))
  t.same(await readBytes(path)(), E.right(Uint8Array.of(1, 2, 3)))
  t.same(await readdir(folder), ['a'])
})

t.test('a failure names the path and the reason, and leaves nothing behind', async (t) => {
  const folder = await inFolder(t)
  const missing = join(folder, 'no', 'a')
  t.same(await writeAtomic(missing, 'x')(), E.left(`cannot write ${missing}: no such file or folder`))
  await mkdir(join(folder, 'taken'))
  t.match(await writeAtomic(join(folder, 'taken'), 'x')(), { left: /^cannot write .*taken: it is a folder/ })
  t.same(await readdir(folder), ['taken'])
})

t.test('a disk that fills up in the middle: the old content stays, the temporary goes', async (t) => {
  const folder = await inFolder(t)
  const path = join(folder, 'a')
  await writeAtomic(path, 'old')()
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const filling: typeof open = async (...args) => {
    const file = await open(...args)
    const write = file.writeFile.bind(file)
    const torn: FileHandle['writeFile'] = async () => {
      await write('hal')
      throw full
    }
    return Object.assign(file, { writeFile: torn })
  }
  t.same(await writeAtomic(path, 'new content', filling)(), E.left(`cannot write ${path}: the disk is full`))
  t.equal(await readFile(path, 'utf8'), 'old')
  t.same(await readdir(folder), ['a'])
})

const mounts = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', '/mnt']).status === 0
t.test(
  'a disk that is really full',
  { skip: mounts ? false : 'this system lets nobody mount a small disk' },
  async (t) => {
    const code = `
    const { writeAtomic } = await import('${module}')
    const { readdirSync } = await import('node:fs')
    const first = await writeAtomic('/mnt/a', 'old')()
    const second = await writeAtomic('/mnt/a', new Uint8Array(100_000))()
    console.log(JSON.stringify([first._tag, second.left, readdirSync('/mnt')]))`
    const script = 'mount -t tmpfs -o size=64k none /mnt && exec "$0" --input-type=module -e "$1"'
    const run = spawnSync('unshare', ['-rm', 'sh', '-c', script, process.execPath, code], { encoding: 'utf8' })
    t.equal(run.stdout.trim(), '["Right","cannot write /mnt/a: the disk is full",["a"]]', run.stderr)
  },
)

t.test('kill -9 in the middle of writing: the file is one of the whole versions', async (t) => {
  const folder = await inFolder(t)
  const path = join(folder, 'a')
  const code = `
    const { writeAtomic } = await import('${module}')
    for (let i = 1; ; i = (i % 250) + 1) await writeAtomic(${JSON.stringify(path)}, new Uint8Array(1 << 20).fill(i))()`
  for (const wait of [0, 3, 7]) {
    await rm(path, { force: true })
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' })
    const gone = new Promise((resolve) => child.once('exit', resolve))
    while ((await readdir(folder)).every((name) => name !== 'a') && child.exitCode === null) await setTimeout(5)
    await setTimeout(wait)
    child.kill('SIGKILL')
    await gone
    const bytes = await readFile(path)
    t.equal(bytes.length, 1 << 20)
    t.ok(bytes.every((b) => b === bytes[0] && b > 0))
    t.ok((await readdir(folder)).every((name) => name === 'a' || isTemporary(name)))
  }
})
