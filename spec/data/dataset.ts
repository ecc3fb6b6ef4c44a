/** Folders and small data sets for the tests of src/data; not a test. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { type Dataset, dataset, type Groups } from '../../src/data/dataset.ts'

/** A folder that goes with the test, holding these files. */
export const folderOf = async (
  t: { teardown: (f: () => unknown) => void },
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-data-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}

export const right = <A>(either: E.Either<string, A>): A => {
  if (E.isLeft(either)) throw new Error(either.left)
  return either.right
}

/** One pixel an image whose red is its number; class c has `sizes[c]` items of `variants` images each. */
export const numbered = (sizes: readonly number[], variants: number, balanced: boolean, flips: boolean): Dataset => {
  let next = 0
  const train: Groups = sizes.map((n) =>
    Array.from({ length: n }, () => Array.from({ length: variants }, () => next++)),
  )
  const labels = Uint8Array.from(train.flatMap((items, c) => items.flat().map(() => c)))
  return dataset({
    name: 'numbered',
    classes: sizes.map(String),
    channels: 1,
    size: 2,
    flips: sizes.map(() => flips),
    balanced,
    split: { train, heldOut: train },
    pixels: Uint8Array.from({ length: 4 * next }, (_, i) => (i % 2 === 0 ? Math.floor(i / 4) : 255)),
    labels,
  })
}
