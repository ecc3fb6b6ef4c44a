/**
 * EDM's augmentation of one emoji as a picture: each of the six transformations alone, and drawn as in training with the label
 * that the network is told. Drawn from the emoji of the default data set, each from its own key.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { augmentedBy, augmentLabel, augmentLabels, transforms } from '../../src/augmentation/index.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { emoji } from '../../src/data/emoji.ts'
import { companion, sharp } from '../../src/io/companion.ts'
import { grid, type Row } from '../../src/io/png.ts'
import { fold, type Key, key } from '../../src/random/key.ts'

/** Pictures of a row, and pixels that one is high. */
const [columns, height] = [9, 96]
/** The probability of rows that are drawn as in training; CIFAR-10's, and one that shows more. */
const probabilities = [0.12, 0.6] as const

/** Numbers of a row from -2 to 2, evenly. */
const evenly = Array.from({ length: columns }, (_, i) => (4 * i) / (columns - 1) - 2)
const circle = evenly.map((x) => (Math.PI * x) / 2)

/** The label of one transformation alone. */
const alone = (name: string, numbers: readonly number[]): Float64Array => {
  const i = transforms.findIndex((transform) => transform.name === name)
  const from = transforms.slice(0, i).reduce((sum, { width }) => sum + width, 0)
  return Float64Array.from({ length: augmentLabels }, (_, at) => numbers[at - from] ?? 0)
}

/** Labels of each row. */
export const labelsOf = (root: Key): readonly { readonly name: string; readonly labels: readonly Float64Array[] }[] => [
  { name: 'x-flip 0, 1', labels: [0, 1].map((a) => alone('x-flip', [a])) },
  { name: 'y-flip 0, 1', labels: [0, 1].map((a) => alone('y-flip', [a])) },
  { name: 'scale -2 to 2', labels: evenly.map((a) => alone('scale', [a])) },
  { name: 'rotation -180° to 180°', labels: circle.map((a) => alone('rotation', [Math.cos(a) - 1, Math.sin(a)])) },
  {
    name: 'anisotropy 2, all round',
    labels: circle.map((a) => alone('anisotropy', [2 * Math.cos(a), 2 * Math.sin(a)])),
  },
  { name: 'translation -2 to 2', labels: evenly.map((a) => alone('translation', [a, a])) },
  ...probabilities.map((p, i) => ({
    name: `drawn, probability ${p}`,
    labels: evenly.map((_, j) => augmentLabel(p)(fold(fold(root, i), j))),
  })),
]

/** The rows of one picture of a data set. */
export const augmentationRows = (dataset: Dataset, index: number, root: Key): readonly Row[] => {
  const by = augmentedBy({ size: dataset.size, channels: dataset.channels })
  const image = dataset.image(index)
  return labelsOf(root).map(({ name, labels }) => ({ label: name, images: labels.map((label) => by(label, image)) }))
}

const smaller = (png: Uint8Array): TE.TaskEither<string, Uint8Array> =>
  pipe(
    companion('drawing a picture')(sharp),
    TE.chain((sharp) =>
      TE.tryCatch(
        () => sharp(Buffer.from(png)).webp({ lossless: true, effort: 6 }).toBuffer(),
        (error) => `cannot draw the picture: ${error instanceof Error ? error.message : String(error)}`,
      ),
    ),
  )

/** The WebP file's bytes: picture `index` of the emoji at this size. */
export const augmentation = (size: number, index: number): TE.TaskEither<string, Uint8Array> =>
  pipe(
    emoji(size),
    TE.chain((dataset) =>
      grid({
        rows: RA.toArray(augmentationRows(dataset, index, key(1))),
        ...{ height: size, width: size, channels: 3 },
        scale: height / size,
      }),
    ),
    TE.chain(smaller),
  )
