/** Folders of images: what is taken, what is left out, and that every file is accounted for. */
import { spawnSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import sharp from 'sharp'
import t from 'tap'
import { imageFolder } from '../../src/data/imageFolder.ts'
import { folderOf, right } from './dataset.ts'
import { bytes, flat, tiff } from './files.ts'

t.test(
  'folder: a class per sub-folder, in order; centre crops, transparency over white, greyscale as RGB',
  async (t) => {
    const wide = await sharp({ create: { width: 30, height: 10, channels: 3, background: '#f00' } })
      .composite([{ input: await flat('#00f', 10, 10, 'png'), left: 10, top: 0 }])
      .png()
      .toBuffer()
    const grey = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#808080' } })
      .greyscale()
      .png()
      .toBuffer()
    const folder = await folderOf(t, {
      'b/2.png': wide,
      'b/1.jpg': await flat('#0f0', 9, 20, 'jpeg'),
      'a/x.webp': await flat('#00000000', 5, 5, 'webp'),
      'a/grey.PNG': grey,
      'a/notes.txt': 'not an image',
      '.hidden/x': '',
      'readme.txt': '',
    })
    const set = right(await imageFolder(folder, 4)())
    t.same([set.classes, set.count, set.channels], [['a', 'b'], 4, 3])
    t.same(
      [0, 1, 2, 3].map((i) => set.label(i)),
      [0, 0, 1, 1],
    )
    t.same(bytes(set.image(0)).slice(0, 3), [128, 128, 128])
    t.same(bytes(set.image(1)).slice(0, 3), [255, 255, 255])
    t.ok((bytes(set.image(2))[1] ?? 0) > 250)
    const middle = bytes(set.image(3)).slice(15, 21)
    t.ok(
      [0, 0, 255, 0, 0, 255].every((x, i) => Math.abs(x - (middle[i] ?? 0)) < 20),
      `the middle is blue: ${middle}`,
    )
    t.same(set.train.flat(2).length + set.heldOut.flat(2).length, 4)
  },
)

t.test('folder: an empty folder, an empty class and a broken image are named', async (t) => {
  const error = async (files: Readonly<Record<string, Uint8Array | string>>): Promise<string> => {
    const folder = await folderOf(t, files)
    const set = await imageFolder(folder, 4)()
    return E.isLeft(set) ? set.left.replaceAll(folder, 'DIR') : 'no error'
  }
  t.equal(await error({ 'a.png': '' }), 'DIR holds no folders: expected one folder of images for each class')
  t.match(await error({ 'a/x.txt': '' }), /^DIR\/a holds no images: expected png/)
  t.match(await error({ 'a/x.png': 'broken' }), /^DIR\/a holds no images: expected .*, found x.png \(.+\)$/)
  t.same(await imageFolder('/nowhere', 4)(), E.left('cannot read /nowhere: no such file or folder'))
})

const red = await flat('#f00', 4, 4, 'png')
const blue = await flat('#00f', 4, 4, 'png')
const colour = (image: Float32Array): readonly number[] => bytes(image).slice(0, 3)

t.test('folder: links to files and to folders are followed, images below a class belong to it', async (t) => {
  const elsewhere = await folderOf(t, { 'set/1.png': red, 'set/deep/er/2.png': blue, 'one.png': blue })
  const folder = await folderOf(t, { 'b/0.png': red })
  await symlink(join(elsewhere, 'set'), join(folder, 'a'))
  await symlink(join(elsewhere, 'one.png'), join(folder, 'b', '1.png'))
  const set = right(await imageFolder(folder, 4)())
  t.same(set.classes, ['a', 'b'])
  t.same(
    [0, 1, 2, 3].map((i) => [set.label(i), ...colour(set.image(i))]),
    [
      [0, 255, 0, 0],
      [0, 0, 0, 255],
      [1, 255, 0, 0],
      [1, 0, 0, 255],
    ],
  )
  t.same([set.count, set.notices], [4, []])
})

t.test('folder: the content of a file decides, not its extension', async (t) => {
  const jpeg = await flat('#f00', 4, 4, 'jpeg')
  const folder = await folderOf(t, { 'a/1.jfif': jpeg, 'a/2.JPEG': jpeg, 'a/3': red, 'a/4.bmp': red })
  const set = right(await imageFolder(folder, 4)())
  t.same([set.count, set.notices], [4, []])
})

t.test('folder: every skipped file is counted, a few are named with the reason', async (t) => {
  const files = { 'a/0.png': red, 'a/sub/bad.png': red.subarray(0, 60), 'a/empty.png': '', 'b/1.png': blue }
  const folder = await folderOf(t, {
    ...files,
    'b/x.bmp': Buffer.concat([Buffer.from('BM'), Buffer.alloc(80)]),
    'b/notes.txt': 'hello',
    'b/z.png': 'hello',
    'readme.txt': '',
    'labels\n.csv': '',
    'b/.thumbs/1.png': blue,
    '.git/x': '',
  })
  await symlink(join(folder, 'nothing'), join(folder, 'a', 'gone.png'))
  t.equal(spawnSync('mkfifo', [join(folder, 'b', 'pipe')]).status, 0)
  const set = right(await imageFolder(folder, 4)())
  t.same(
    [0, 1].map((i) => colour(set.image(i))),
    [
      [255, 0, 0],
      [0, 0, 255],
    ],
  )
  t.equal(set.count, 2)
  const [unreadable, outside, hidden, ...more] = set.notices
  t.equal(
    unreadable,
    `${folder}: 7 files left out as unreadable: a/gone.png (no such file or folder), a/empty.png (it is empty), a/sub/bad.png (Input file has corrupt header), b/pipe (it is neither a file nor a folder) and 3 more`,
  )
  t.equal(outside, `${folder}: 2 files left out, in no folder of a class: labels%0A.csv, readme.txt`)
  t.equal(hidden, `${folder}: 2 hidden names left out: .git, b/.thumbs`)
  t.same(more, [])
  const bmp = await folderOf(t, { 'a/x.bmp': 'BM and so on' })
  t.match(await imageFolder(bmp, 4)(), { left: /found x.bmp \(BMP is not read: expected png, / })
})

t.test('folder: skipped files affect neither the other images nor the fingerprint', async (t) => {
  const whole = { 'a/1.png': red, 'a/2.png': blue, 'b/1.png': blue }
  const [clean, mixed] = [await folderOf(t, whole), await folderOf(t, { ...whole, 'a/0.png': 'torn', 'b/2.txt': '' })]
  const [one, other] = [right(await imageFolder(clean, 4)()), right(await imageFolder(mixed, 4)())]
  t.equal(other.fingerprint, one.fingerprint)
  t.same(other.train, one.train)
})

t.test('folder: a cycle of links is an error, a folder reached twice in a class is read once', async (t) => {
  const folder = await folderOf(t, { 'a/in/1.png': red })
  await symlink('in', join(folder, 'a', 'twin'))
  const set = right(await imageFolder(folder, 4)())
  t.equal(set.count, 1)
  t.match(set.notices, [/: 1 file left out as unreadable: a\/twin \(it is .*\/a\/in by another name\)$/])
  await symlink(join('..', '..', 'a'), join(folder, 'a', 'in', 'up'))
  const sentence = `${folder}/a/in/up is a link to ${folder}/a, which holds it: expected folders without cycles`
  t.same(await imageFolder(folder, 4)(), E.left(sentence))
  const whole = await folderOf(t, { 'a/1.png': red })
  await symlink(whole, join(whole, 'b'))
  t.same(
    await imageFolder(whole, 4)(),
    E.left(`${whole}/b is a link to ${whole}, which holds it: expected folders without cycles`),
  )
  const self = await folderOf(t, { 'a/1.png': red })
  await symlink('loop', join(self, 'a', 'loop'))
  t.match(right(await imageFolder(self, 4)()).notices, [/a\/loop \(a link that leads to itself\)$/])
})

t.test('folder: 16-bit and float RGB are scaled; samples without a standard range are rejected', async (t) => {
  const words = Uint16Array.of(0, 32768, 65535, 65535, 0, 257, 0, 0, 0, 1, 2, 3)
  const floats = Float32Array.of(0, 0.5, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1)
  const of = (a: Uint16Array | Float32Array | Uint32Array): Uint8Array => new Uint8Array(a.buffer)
  const read = async (file: Uint8Array): Promise<readonly number[] | string> => {
    const folder = await folderOf(t, { 'a/x.tif': file })
    const set = await imageFolder(folder, 2)()
    return E.isLeft(set) ? set.left.replaceAll(folder, 'DIR') : bytes(set.right.image(0)).slice(0, 6)
  }
  t.same(await read(tiff(3, 16, 1, of(words))), [0, 128, 255, 255, 0, 1])
  t.same(await read(tiff(1, 16, 1, of(words.subarray(0, 4).slice()))), [0, 0, 0, 128, 128, 128])
  t.same(await read(tiff(3, 32, 3, of(floats))), [0, 188, 255, 255, 0, 0], 'linear light')
  t.match(await read(tiff(3, 32, 3, of(floats.map((x) => 255 * x)))), /\(its float samples reach 255: expected linear/)
  t.match(
    await read(tiff(1, 32, 3, of(floats.slice(0, 4)))),
    /\(its samples are float of 1 channels: expected integers/,
  )
  t.match(await read(tiff(1, 32, 1, of(Uint32Array.of(0, 2 ** 31, 5, 9)))), /\(its samples are uint of 1 channels/)
  t.match(await read(tiff(1, 16, 2, of(words.slice(0, 4)))), /\(its samples are short of 1 channels/)
  t.match(await read(tiff(1, 8, 2, Uint8Array.of(1, 2, 3, 4))), /\(its samples are char of 1 channels/)
})

/** A PNG whose header says another width and height; its checksum is right. */
const pngSaying = (width: number, height: number): Uint8Array => {
  const file = Buffer.from(red)
  file.writeUInt32BE(width, 16)
  file.writeUInt32BE(height, 20)
  file.writeUInt32BE(crc32(file.subarray(12, 29)), 29)
  return file
}

t.test('folder: a header that claims more pixels than the file or the decoder can hold is rejected', async (t) => {
  const folder = await folderOf(t, {
    'a/1.png': red,
    'a/2.png': pngSaying(16000, 16000),
    'a/3.png': pngSaying(30000, 30000),
  })
  const set = right(await imageFolder(folder, 4)())
  t.match(set.notices, [
    new RegExp(
      `2.png \\(its header says 16000 x 16000, which ${red.length} bytes cannot hold: it is torn\\), ` +
        'a/3.png \\(it is 30000 x 30000: expected at most 268402689 pixels\\)$',
    ),
  ])
})
