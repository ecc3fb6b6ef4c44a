/** A sample grid: one labelled row per class; image j of a class starts from the same noise in every grid of a run. */
import type * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CompiledNetwork } from '../diffusion/network.ts'
import { type ImageRequest, type Sampling, type SamplingWatch, sample } from '../diffusion/sample.ts'
import { writeAtomic } from '../io/atomic.ts'
import { grid } from '../io/png.ts'
import type { Key } from '../random/key.ts'
import { type ImageSpace, pixelSpace } from './latents/imageSpace.ts'

export interface Row {
  readonly name: string
  readonly label: number | null
}

/** One row per class; one row for an unconditional model. */
export const rowsOf = (classes: readonly string[], conditional: boolean): readonly Row[] =>
  conditional ? classes.map((name, label) => ({ name, label })) : [{ name: '', label: null }]

/** How many images of each class, and which: every `every`-th. */
export interface Chosen {
  readonly columns: number
  readonly every?: number
}

/** The requests of rows, in their order. */
export const requestsOf = (rows: readonly Row[], { columns, every = 1 }: Chosen): readonly ImageRequest[] =>
  rows.flatMap(({ label }) => Array.from({ length: columns }, (_, j) => ({ label, index: j * every })))

/** A grid: the samples' key, the rows, the file, and what the network's images are to pictures: pictures unless given. */
export interface Wanted extends Chosen {
  readonly key: Key
  readonly rows: readonly Row[]
  readonly path: string
  readonly space?: ImageSpace
}

/** Samples, draws and writes a grid; a Left if the image cannot be written. */
export const drawGrid = async (
  network: CompiledNetwork,
  sampling: Sampling,
  { key, rows, path, space = pixelSpace(network), ...chosen }: Wanted,
  watch: SamplingWatch = {},
): Promise<E.Either<string, void>> => {
  const { columns } = chosen
  const made = await sample(network, sampling, watch)(key, requestsOf(rows, chosen))
  const images = await space.decode(made, watch.stopCheck)
  const { size, channels } = space.picture
  return pipe(
    grid({
      rows: rows.map(({ name }, i) => ({ label: name, images: images.slice(i * columns, (i + 1) * columns) })),
      height: size,
      width: size,
      channels: channels === 1 ? 1 : 3,
    }),
    TE.chain((png) => writeAtomic(path, png)),
  )()
}
