/** PNG and JPEG files in a folder of images, next to a valid one that must be read unchanged. */
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import sharp, { type Sharp } from 'sharp'
import { bytes } from '../../../spec/data/files.ts'
import { open } from '../../../src/data/open.ts'
import { evenly } from '../../evenly.ts'
import { accepted, type Files, type Format, refused, wrong } from './format.ts'
import { type Change, changes } from './mutation.ts'

const size = 8
const noise = (width: number, height: number, channels: 1 | 3 | 4): Sharp =>
  sharp(
    Uint8Array.from({ length: width * height * channels }, (_, i) => (i * i * 31 + i * 7) % 256),
    { raw: { width, height, channels } },
  )
const blue = await sharp({ create: { width: size, height: size, channels: 3, background: '#00f' } })
  .png()
  .toBuffer()

const turned = { orientation: 6 }
const pngs = await Promise.all([
  noise(16, 16, 3).png().toBuffer(),
  noise(24, 10, 4).png({ progressive: true }).toBuffer(),
  noise(16, 16, 4).png({ palette: true, colours: 16 }).toBuffer(),
  noise(9, 30, 3).toColourspace('rgb16').png({ progressive: true }).withMetadata(turned).toBuffer(),
  noise(12, 12, 1).toColourspace('b-w').png().toBuffer(),
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#123' } })
    .png()
    .toBuffer(),
])
const jpegs = await Promise.all([
  noise(16, 16, 3).jpeg().toBuffer(),
  noise(40, 24, 3).jpeg({ progressive: true }).toBuffer(),
  noise(24, 24, 1).toColourspace('b-w').jpeg().toBuffer(),
  noise(16, 32, 3).jpeg({ chromaSubsampling: '4:4:4' }).withMetadata(turned).toBuffer(),
  noise(16, 16, 3).toColourspace('cmyk').jpeg({ progressive: true }).toBuffer(),
  noise(64, 64, 3).jpeg({ mozjpeg: true }).toBuffer(),
])

/** Mutates the content of a PNG chunk, with its length and checksum corrected. */
const inChunk = fc.tuple(evenly(0, 0.999999), changes).map(
  ([share, change]): Change =>
    (file) => {
      const png = Buffer.from(file)
      const starts: number[] = []
      for (let at = 8; at + 12 <= png.length; at += 12 + png.readUInt32BE(at)) starts.push(at)
      const start = starts[Math.floor(share * starts.length)]
      if (start === undefined) return file
      const end = start + 8 + png.readUInt32BE(start)
      const held = Buffer.concat([png.subarray(start + 4, start + 8), change(png.subarray(start + 8, end))])
      const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
      length.writeUInt32BE(held.length - 4)
      check.writeUInt32BE(crc32(held))
      return Buffer.concat([png.subarray(0, start), length, held, check, png.subarray(end + 4)])
    },
)

/** Sizes in the frame header of a JPEG. */
const frame = fc.tuple(fc.constantFrom(0, 1, 255, 4000, 16000, 65535), fc.constantFrom(0, 1, 4000, 16000, 65535)).map(
  ([height, width]): Change =>
    (file) => {
      const jpeg = Buffer.from(file)
      const at = jpeg.findIndex((b, i) => b === 0xff && (jpeg[i + 1] === 0xc0 || jpeg[i + 1] === 0xc2))
      if (at < 0 || at + 9 > jpeg.length) return file
      jpeg.writeUInt16BE(height, at + 5)
      jpeg.writeUInt16BE(width, at + 7)
      return jpeg
    },
)

const folders = (valid: readonly Uint8Array[], name: string, change: fc.Arbitrary<Change>) => ({
  name,
  valid: valid.map((file): Files => ({ 'a/good.png': blue, [`a/other.${name}`]: file })),
  inputs: fc
    .tuple(fc.constantFrom(...valid), change)
    .map(([file, how]): Files => ({ 'a/good.png': blue, [`a/other.${name}`]: how(file) })),
})

const read: Format['read'] = async (folder) => {
  const set = await open(`folder:${folder}`, size)()
  if (E.isLeft(set)) return refused(set.left)
  const { count, notices, image } = set.right
  if (bytes(image(0)).join() !== bytes(Float32Array.from({ length: 192 }, (_, i) => (i % 3 === 2 ? 1 : -1))).join())
    return wrong('the good image is not blue')
  if (count === 2 && notices.length === 0) return accepted
  return count === 1 && notices.length === 1 && notices[0]?.includes('a/other.')
    ? refused(notices[0])
    : wrong(`${count} images, notices ${JSON.stringify(notices)}`)
}

export const png: Format = { ...folders(pngs, 'png', fc.oneof(changes, inChunk)), read }
export const jpeg: Format = {
  ...folders(
    jpegs,
    'jpeg',
    fc.oneof(
      { weight: 4, arbitrary: changes },
      { weight: 1, arbitrary: frame },
      {
        weight: 1,
        arbitrary: fc.tuple(frame, changes).map(
          ([a, b]): Change =>
            (file) =>
              b(a(file)),
        ),
      },
    ),
  ),
  read,
}
