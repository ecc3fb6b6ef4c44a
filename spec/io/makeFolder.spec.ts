/** Folders that are made, and places where none can be. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { makeFolder } from '../../src/io/makeFolder.ts'

const inFolder = async (t: { teardown: (f: () => unknown) => void }): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-folder-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
const isFolder = async (path: string): Promise<boolean> => (await stat(path)).isDirectory()

t.test('folders are created with their parents; creating them twice or concurrently works', async (t) => {
  const folder = await inFolder(t)
  const deep = join(folder, 'a', 'b', 'c')
  const made = await Promise.all([makeFolder(deep)(), makeFolder(deep)(), makeFolder(join(folder, 'a', 'd'))()])
  t.ok(made.every(E.isRight))
  t.ok((await isFolder(deep)) && (await isFolder(join(folder, 'a', 'd'))))
  t.same(await makeFolder(deep)(), E.right(undefined))
  await symlink(join(folder, 'a'), join(folder, 'link'))
  t.same(await makeFolder(join(folder, 'link', 'e'))(), E.right(undefined))
  t.ok(await isFolder(join(folder, 'a', 'e')))
})

t.test('a file or a dangling link in the way is named', async (t) => {
  const folder = await inFolder(t)
  await writeFile(join(folder, 'file'), '')
  await symlink('nothing', join(folder, 'link'))
  for (const below of ['file', join('file', 'a', 'b')]) {
    const path = join(folder, below)
    t.same(await makeFolder(path)(), E.left(`cannot make the folder ${path}: ${join(folder, 'file')} is not a folder`))
  }
  const path = join(folder, 'link', 'a')
  t.same(
    await makeFolder(path)(),
    E.left(`cannot make the folder ${path}: ${join(folder, 'link')} is a link to nothing`),
  )
})

const proc = { skip: process.platform === 'linux' ? false : 'only Linux has a /proc' }
t.test('a folder that cannot hold folders is named, even if the system reports a missing folder', proc, async (t) => {
  const sentence = 'cannot make the folder /proc/diffit/run: nothing can be written into /proc'
  t.same(await makeFolder('/proc/diffit/run')(), E.left(sentence))
})

const mounts = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'ro', 'none', '/mnt']).status === 0
t.test('a read-only disk', { skip: mounts ? false : 'this system does not allow mounting a disk' }, async (t) => {
  const module = new URL('../../src/io/makeFolder.ts', import.meta.url).href
  const code = `
      const { makeFolder } = await import('${module}')
      console.log((await makeFolder('/mnt/a/b')()).left)`
  const script = 'mount -t tmpfs -o ro none /mnt && exec "$0" --input-type=module -e "$1"'
  const run = spawnSync('unshare', ['-rm', 'sh', '-c', script, process.execPath, code], { encoding: 'utf8' })
  t.equal(run.stdout.trim(), 'cannot make the folder /mnt/a/b: the disk is read-only', run.stderr)
})
