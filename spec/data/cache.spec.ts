/** A cache that may break, vanish or be unwritable without anybody noticing. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { cached } from '../../src/data/cache.ts'
import { folderOf } from './dataset.ts'

const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 251)
/** How often the content was made, beside what came out. */
const counting = (folders: readonly string[]) => {
  let made = 0
  const get = cached(folders, 'x.bin', async () => {
    made++
    return E.right(content)
  })
  return async (): Promise<readonly [number, boolean]> => {
    const got = await get()
    return [made, E.isRight(got) && Buffer.compare(got.right, content) === 0]
  }
}

t.test('computed once, then read; missing folders are created', async (t) => {
  const folder = join(await folderOf(t, {}), 'a', 'b')
  const get = counting([folder])
  t.same(
    [await get(), await get()],
    [
      [1, true],
      [1, true],
    ],
  )
  t.same(await readdir(folder), ['x.bin'])
})

t.test('a truncated, changed or foreign file is recomputed silently', async (t) => {
  const folder = await folderOf(t, {})
  const get = counting([folder])
  await get()
  const path = join(folder, 'x.bin')
  const whole = await readFile(path)
  const changed = Uint8Array.from(whole).fill(3, 500, 501)
  const broken = [
    whole.subarray(0, 500),
    new Uint8Array(),
    Buffer.concat([whole, Buffer.of(0)]),
    changed,
    Buffer.from('hello'),
  ]
  for (const [i, file] of broken.entries()) {
    await writeFile(path, file)
    t.same(await get(), [i + 2, true])
    t.ok((await readFile(path)).equals(whole))
  }
})

t.test('the first writable folder keeps it; without one it is recomputed each time', async (t) => {
  const folder = await folderOf(t, { file: 'not a folder' })
  const [no, yes] = [join(folder, 'file', 'cache'), join(folder, 'cache')]
  const get = counting([no, yes])
  t.same(
    [await get(), await get()],
    [
      [1, true],
      [1, true],
    ],
  )
  t.same(await readdir(yes), ['x.bin'])
  const never = counting([no])
  t.same(
    [await never(), await never()],
    [
      [1, true],
      [2, true],
    ],
  )
})

t.test('failures are not cached', async (t) => {
  const folder = await folderOf(t, {})
  const none = async () => E.left('no image')
  t.same(await cached([folder], 'x.bin', none)(), E.left('no image'))
  t.same(await readdir(folder), [])
})
