/** Data sets as files in their published formats, small; not a test. */
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'

/** Record i of file f: label (f + i) % 10; red is 10 f + i, green counts the columns, blue the rows. */
export const cifarFile = (f: number, records: number): Uint8Array => {
  const plane = (value: (x: number, y: number) => number): readonly number[] =>
    Array.from({ length: 1024 }, (_, p) => value(p % 32, Math.floor(p / 32)))
  return Uint8Array.from(
    Array.from({ length: records }, (_, i) => [
      (f + i) % 10,
      ...plane(() => 10 * f + i),
      ...plane((x) => x),
      ...plane((_, y) => y),
    ]).flat(),
  )
}
export const cifarFiles = (records: number): Record<string, Uint8Array> =>
  Object.fromEntries([
    ...[1, 2, 3, 4, 5].map((f) => [`data_batch_${f}.bin`, cifarFile(f, records)] as const),
    ['test_batch.bin', cifarFile(6, records)],
  ])
export const bytes = (image: Float32Array): readonly number[] => Array.from(image, (x) => Math.round((x + 1) * 127.5))

export const idxFile = (shape: readonly number[], data: readonly number[]): Uint8Array => {
  const file = new Uint8Array(4 + 4 * shape.length + data.length)
  const view = new DataView(file.buffer)
  view.setUint32(0, 0x0800 + shape.length)
  shape.forEach((n, i) => {
    view.setUint32(4 + 4 * i, n)
  })
  file.set(data, 4 + 4 * shape.length)
  return file
}
export const ramp = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => (i % 250) + 1)
export const idxFiles = (zip: boolean): Record<string, Uint8Array> => {
  const files = {
    'train-images-idx3-ubyte': idxFile([3, 4, 4], ramp(48)),
    'train-labels-idx1-ubyte': idxFile([3], [2, 0, 1]),
    't10k-images-idx3-ubyte': idxFile([1, 4, 4], ramp(16)),
    't10k-labels-idx1-ubyte': idxFile([1], [1]),
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, file]) => (zip ? [`${name}.gz`, gzipSync(file)] : [name, file])),
  )
}

export const flat = (
  background: string,
  width: number,
  height: number,
  format: 'png' | 'jpeg' | 'webp',
): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 4, background } })
    .toFormat(format)
    .toBuffer()

/** A 2 x 2 TIFF without compression, little-endian; format 1 is unsigned, 2 signed, 3 float. */
export const tiff = (channels: 1 | 3, bits: 8 | 16 | 32, format: 1 | 2 | 3, samples: Uint8Array): Uint8Array => {
  const [photometric, bitsAt] = [channels === 1 ? 1 : 2, 134]
  const dataAt = bitsAt + 12
  const entries: readonly (readonly [tag: number, type: 3 | 4, count: number, value: number])[] = [
    [256, 3, 1, 2],
    [257, 3, 1, 2],
    [258, 3, channels, channels === 1 ? bits : bitsAt],
    [259, 3, 1, 1],
    [262, 3, 1, photometric],
    [273, 4, 1, dataAt],
    [277, 3, 1, channels],
    [278, 3, 1, 2],
    [279, 4, 1, samples.length],
    [339, 3, channels, channels === 1 ? format : bitsAt + 6],
  ]
  const file = Buffer.alloc(dataAt + samples.length)
  file.write('II*')
  file.writeUInt32LE(8, 4)
  file.writeUInt16LE(entries.length, 8)
  entries.forEach(([tag, type, count, value], i) => {
    const at = 10 + 12 * i
    file.writeUInt16LE(tag, at)
    file.writeUInt16LE(type, at + 2)
    file.writeUInt32LE(count, at + 4)
    file.writeUInt32LE(value, at + 8)
  })
  for (let c = 0; c < 3; c++) {
    file.writeUInt16LE(bits, bitsAt + 2 * c)
    file.writeUInt16LE(format, bitsAt + 6 + 2 * c)
  }
  file.set(samples, dataAt)
  return file
}
