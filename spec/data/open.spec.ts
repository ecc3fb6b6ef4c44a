/** Data sets by the names that the command line takes. */
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { open } from '../../src/data/open.ts'
import { folderOf, right } from './dataset.ts'
import { flat, idxFiles } from './files.ts'

t.test('open: kinds by name, and a sentence for unknown names', async (t) => {
  const folder = await folderOf(t, { ...idxFiles(false), 'a/1.png': await flat('#fff', 3, 3, 'png') })
  t.equal(right(await open(`idx:${folder}`, 4)()).channels, 1)
  t.same(right(await open(`folder:${folder}`, 4)()).classes, ['a'])
  t.match(await open(`cifar10:${folder}`, 32)(), { left: /data_batch_1.bin: no such file/ })
  t.same(
    await open('emojis', 32)(),
    E.left(
      'unknown data "emojis": expected one of emoji, cifar10:DIR, idx:DIR, folder:DIR, latents:DIR; did you mean emoji?',
    ),
  )
  t.same(
    await open('a\nb', 32)(),
    E.left('unknown data "a\\nb": expected one of emoji, cifar10:DIR, idx:DIR, folder:DIR, latents:DIR'),
    'on one line',
  )
  t.match(await open('cifar:x', 32)(), { left: /did you mean cifar10\?/ })
  t.match(await open('toString', 32)(), { left: /unknown data "toString"/ })
  t.match(await open(folder, 32)(), { left: `latents:DIR; did you mean "folder:${folder}"?` }, 'a path that exists')
  t.match(await open('~/pics', 32)(), { left: 'did you mean "folder:~/pics"?' }, 'or looks like one')
  t.match(await open('src', 32)(), { left: 'did you mean "folder:src"?' })
  t.match(await open('foldr:/tmp', 32)(), { left: 'did you mean folder?' }, 'a mistyped kind is not a path')
  t.same(await open('idx', 32)(), E.left('data "idx" names no folder: expected idx:DIR'))
  t.same(await open('emoji:x', 32)(), E.left('data "emoji:x": emoji takes no folder'))
  t.same(await open('folder:x', 0)(), E.left('images cannot be 0 x 0: expected 1 to 4096'))
})
