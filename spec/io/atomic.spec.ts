/** Writing whole or not at all, seen through failures: a folder in the way, a full disk, a kill in the middle. */
import { spawn, spawnSync } from 'node:child_process'
import { type FileHandle, mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { isTemporary, readBytes, writeAtomic } from '../../src/io/atomic.ts'
import { shrinking } from './shrinking.ts'

const inFolder = async (t: { teardown: (f: () => unknown) => void }): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-atomic-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
const module = new URL('../../src/io/atomic.ts', import.meta.url).href

t.test('what was written is read back, and the folder holds nothing else', async (t) => {
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

/** Files whose calls fail as told, each after doing as much as a real one would have. */
const failing = (
  failure: NodeJS.ErrnoException,
  step: 'open' | 'write' | 'second write' | 'sync' | 'close',
): typeof open => {
  return async (...args) => {
    if (step === 'open') throw failure
    const file = await open(...args)
    const [write, close] = [file.writeFile.bind(file), file.close.bind(file)]
    let writes = 0
    const writeFile: FileHandle['writeFile'] = async (data, options) => {
      writes++
      if (step === 'write' || (step === 'second write' && writes === 2)) {
        await write('ha')
        throw failure
      }
      return write(data, options)
    }
    const sync: FileHandle['sync'] = async () => {
      throw failure
    }
    const closed: FileHandle['close'] = async () => {
      await close()
      throw failure
    }
    return Object.assign(file, { writeFile }, step === 'sync' ? { sync } : step === 'close' ? { close: closed } : {})
  }
}
const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(`${code}: it failed`), { code })

for (const step of ['open', 'write', 'second write', 'sync', 'close'] as const)
  for (const [code, words] of [
    ['ENOSPC', 'the disk is full'],
    ['EIO', 'the disk failed'],
  ] as const)
    t.test(
      `${code} at ${step}: the old content stays, the temporary file is removed, no file stays open`,
      async (t) => {
        const folder = await inFolder(t)
        const path = join(folder, 'a')
        await writeAtomic(path, 'old')()
        const before = (await readdir('/proc/self/fd').catch(() => [])).length
        const written = await writeAtomic(
          path,
          [Buffer.alloc(2e6, 'new'), Buffer.from('content')],
          failing(errno(code), step),
        )()
        t.same(written, E.left(`cannot write ${path}: ${words}`))
        t.equal(await readFile(path, 'utf8'), 'old')
        t.same(await readdir(folder), ['a'])
        t.equal((await readdir('/proc/self/fd').catch(() => [])).length, before)
      },
    )

t.test('a failing rename: the folder in the way keeps its contents, the temporary file is removed', async (t) => {
  const folder = await inFolder(t)
  const path = join(folder, 'a')
  await mkdir(path)
  await writeAtomic(join(path, 'inside'), 'x')()
  t.same(await writeAtomic(path, 'new')(), E.left(`cannot write ${path}: it is a folder`))
  t.same([await readdir(folder), await readdir(path)], [['a'], ['inside']])
})

t.test('a short write: the old content stays, the temporary file is removed', async (t) => {
  const folder = await inFolder(t)
  const path = join(folder, 'a')
  await writeAtomic(path, 'old')()
  const code = `
    const { writeAtomic } = await import('${module}')
    const written = await writeAtomic(${JSON.stringify(path)}, new Uint8Array(100_000))()
    console.log(written.left)`
  // files of at most 8 blocks of 512 bytes: the first write stores those, the next one fails
  // (the test runner's own hooks, which NODE_OPTIONS brings in, would end the process at that signal)
  const script = `unset NODE_OPTIONS; trap '' XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"`
  const run = spawnSync('sh', ['-c', script, process.execPath, code], { encoding: 'utf8' })
  t.equal(run.stdout.trim(), `cannot write ${path}: the file is larger than the system allows`, run.stderr)
  t.equal(await readFile(path, 'utf8'), 'old')
  t.same(await readdir(folder), ['a'])
})

t.test('a file that shrinks while it is read is an error', async (t) => {
  const folder = await inFolder(t)
  const path = join(folder, 'a')
  await writeAtomic(path, 'twelve bytes')()
  t.same(
    await readBytes(path, shrinking(path, 5))(),
    E.left(`cannot read ${path}: it became shorter while it was read`),
  )
})

const proc = { skip: process.platform === 'linux' ? false : 'only Linux has a /proc' }
t.test('a folder that cannot hold files is named, even if the system reports a missing file', proc, async (t) => {
  t.same(
    await writeAtomic('/proc/diffit', 'x')(),
    E.left('cannot write /proc/diffit: nothing can be written into /proc'),
  )
})

const mounts = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', '/mnt']).status === 0
t.test(
  'a disk that is really full',
  { skip: mounts ? false : 'this system does not allow mounting a small disk' },
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

t.test('kill -9 in the middle of writing: the file is one of the complete versions', async (t) => {
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
