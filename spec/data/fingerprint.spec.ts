/** Pinned fingerprints, without which runs trained on these data could not be resumed. */
import sharp from 'sharp'
import t from 'tap'
import { cifar10 } from '../../src/data/cifar10.ts'
import { emoji } from '../../src/data/emoji.ts'
import { idx } from '../../src/data/idx.ts'
import { imageFolder } from '../../src/data/imageFolder.ts'
import { folderOf, right } from './dataset.ts'
import { idxFile, ramp } from './files.ts'

const picture = (seed: number, channels: 1 | 3 | 4) =>
  sharp(
    Uint8Array.from({ length: 64 * channels }, (_, i) => (i * seed * 7 + seed) % 256),
    { raw: { width: 8, height: 8, channels } },
  )

t.test('emoji at 32', async (t) => {
  t.equal(right(await emoji(32)()).fingerprint, '1703e2bd235b34ee')
})

t.test('a folder of images, at full size and downsampled', async (t) => {
  const files: Record<string, Uint8Array> = {
    'dog/grey.PNG': await picture(9, 1).toColourspace('b-w').png().toBuffer(),
    'dog/z16.png': await picture(11, 3).toColourspace('rgb16').png().toBuffer(),
  }
  for (let i = 1; i <= 20; i++) files[`cat/${i}.png`] = await picture(i, 3).png().toBuffer()
  for (let i = 1; i <= 3; i++)
    files[`dog/${i}.png`] = await picture(i + 50, 4)
      .png()
      .toBuffer()
  const folder = await folderOf(t, files)
  t.equal(right(await imageFolder(folder, 8)()).fingerprint, 'e60e5bc276173dce')
  t.equal(right(await imageFolder(folder, 4)()).fingerprint, 'af4f9ad0887a9cce')
})

t.test('IDX files, padded and at full size', async (t) => {
  const folder = await folderOf(t, {
    'train-images-idx3-ubyte': idxFile([5, 4, 4], ramp(80)),
    'train-labels-idx1-ubyte': idxFile([5], [2, 0, 1, 1, 2]),
    't10k-images-idx3-ubyte': idxFile([2, 4, 4], ramp(32)),
    't10k-labels-idx1-ubyte': idxFile([2], [1, 0]),
  })
  t.equal(right(await idx(folder, 6)()).fingerprint, '93643476bc4623c2')
  t.equal(right(await idx(folder, 4)()).fingerprint, '623d7c8998d9cf36')
})

t.test('CIFAR-10', async (t) => {
  const file = (f: number): Uint8Array =>
    Uint8Array.from(
      [0, 1].flatMap((i) => [(f + i) % 10, ...Array.from({ length: 3072 }, (_, p) => (p * (f + i)) % 256)]),
    )
  const names = [1, 2, 3, 4, 5].map((f) => [`data_batch_${f}.bin`, file(f)] as const)
  const folder = await folderOf(t, { ...Object.fromEntries(names), 'test_batch.bin': file(6) })
  t.equal(right(await cifar10(folder, 32, 2)()).fingerprint, 'd1f68d2e0d582def')
})
