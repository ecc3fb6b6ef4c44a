/** The emoji: classes, variants, and what is held out. */
import { readdir } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { emoji } from '../../src/data/emoji.ts'
import { folderOf, right } from './dataset.ts'

t.test('nine classes, 3781 images on white, the same from the cache as from the package', async (t) => {
  const caches = [await folderOf(t, {})]
  const set = right(await emoji(8, caches)())
  t.equal(set.count, 3781)
  t.equal(set.classes.length, 9)
  t.notOk(set.classes.includes('Component'))
  t.same([set.size, set.channels, set.image(0).length], [8, 3, 192])
  t.same(
    set.classes.filter((_, c) => !set.flips[c]),
    ['Symbols', 'Flags'],
  )
  t.ok(set.image(100).every((x) => x >= -1 && x <= 1))

  const smiley = set.train[set.classes.indexOf('Smileys & Emotion')]?.flat() ?? []
  const corners = smiley.map((i) => Math.min(...set.image(i).subarray(0, 3)))
  t.ok(corners.filter((x) => x > 0.9).length > 0.9 * smiley.length, 'corners are white, not black')

  const all = [...set.train, ...set.heldOut].flat(2)
  t.equal(new Set(all).size, all.length, 'no image is on both sides, or twice')
  t.ok(all.length > 3700)
  set.classes.forEach((name, c) => {
    const [train, held] = [set.train[c] ?? [], set.heldOut[c] ?? []]
    t.ok(
      held.length >= 4 && held.length < train.length / 10,
      `${name}: ${held.length} items held out, ${train.length} not`,
    )
    t.ok([...train, ...held].flat().every((i) => set.label(i) === c))
  })
  const seen = new Set(set.train.flat(2).map((i) => set.image(i).join()))
  t.ok(
    set.heldOut.flat(2).every((i) => !seen.has(set.image(i).join())),
    'no held-out image equals a trained one',
  )
  const people = set.train[set.classes.indexOf('People & Body')] ?? []
  t.ok(
    people.some((item) => item.length >= 6),
    'skin tones belong to their emoji',
  )

  const [file] = await readdir(caches[0] ?? '')
  t.match(file, /^emoji-16\.0\.0-8-.*\.bin$/)
  t.equal(set.fingerprint, '603cf80b2e831913', 'images, classes and what is held out are pinned')
  const again = right(await emoji(8, caches)())
  t.equal(again.fingerprint, set.fingerprint)
  t.same(again.image(77), set.image(77))
})

t.test("a size larger than the package's images is an error", async (t) => {
  t.same(await emoji(65, [])(), E.left('emoji are drawn at 64 x 64: expected a size of at most 64, found 65'))
})
