/** A run of two classes of 4 x 4 pictures in grey, whose samples depend on class and noise; and the cells of its pictures. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { catalogue } from '../../../src/cli/settings/options.ts'
import { train } from '../../../src/cli/train.ts'
import { kinds } from '../../../src/data/index.ts'
import { models } from '../../../src/models/index.ts'
import { convnet, stripes } from '../convnet.ts'
import { quiet } from '../tiny.ts'

export const known = catalogue({ models: [...models, convnet], kinds: [...kinds, stripes] })
export const size = 4

/** @returns the run's folder, inside of that one */
export const trained = async (folder: string, more: object = {}): Promise<string> => {
  const [path, run] = [join(folder, 'c.yaml'), join(folder, 'run')]
  const training = { learning_rate: 0.05, warmup_images: 0, ema_half_life: 1, batch: 4 }
  const cadence = { save_seconds: 1e9, validation_seconds: 1e9, grid_seconds: 1e9 }
  writeFileSync(path, JSON.stringify({ preset: 'convnet-s', training, cadence, ...more }))
  await train({ config: path, steps: 6, backend: 'cpu', threads: 1, out: run }, quiet(), known)
  return run
}

/** The pixels of a picture's cells, in rows; a cell is 4 pixels wide and scaled, and 4 away from the next. */
export const cellsOf = async (
  picture: string,
  { rows, columns, scale = 24, page = 0 }: { rows: number; columns: number; scale?: number; page?: number },
): Promise<readonly (readonly string[])[]> => {
  const { data, info } = await sharp(picture, { page }).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const each = size * scale + 4
  const pixel = (cell: number, i: number, n: number, extent: number): number =>
    extent - (n - cell) * each + Math.floor((i + 0.5) * scale)
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      Array.from({ length: size * size }, (_, i) => {
        const y = pixel(row, Math.floor(i / size), rows, info.height)
        return data[(y * info.width + pixel(column, i % size, columns, info.width)) * info.channels]
      }).join(),
    ),
  )
}

/** A picture of these shades of grey in a file. */
export const greyPicture = async (path: string, shades: readonly number[], side = size): Promise<string> => {
  await sharp(Buffer.from(shades), { raw: { width: side, height: shades.length / side, channels: 1 } })
    .png()
    .toFile(path)
  return path
}
