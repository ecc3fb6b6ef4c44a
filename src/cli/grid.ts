/** A grid of samples: one row a class, labelled; image j of a class is the same picture's noise in every grid of a run. */
import type * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { writeAtomic } from '../io/atomic.ts'
import { grid } from '../io/png.ts'
import type { Key } from '../random/key.ts'
import { type CompiledNetwork, type Sampling, type StopCheck, sample } from '../train/network.ts'

export interface Row {
  readonly name: string
  readonly label: number | null
}

/** One row a class; a model without classes has one row. */
export const rowsOf = (classes: readonly string[], conditional: boolean): readonly Row[] =>
  conditional ? classes.map((name, label) => ({ name, label })) : [{ name: '', label: null }]

/** Samples, draws and writes a grid; a Left where the picture cannot be written. */
export const drawGrid = async (
  network: CompiledNetwork,
  sampling: Sampling,
  { key, rows, columns, path }: { key: Key; rows: readonly Row[]; columns: number; path: string },
  stopCheck?: StopCheck,
): Promise<E.Either<string, void>> => {
  const requests = rows.flatMap(({ label }) => Array.from({ length: columns }, (_, index) => ({ label, index })))
  const images = await sample(network, sampling, stopCheck)(key, requests)
  return pipe(
    grid({
      rows: rows.map(({ name }, i) => ({ label: name, images: images.slice(i * columns, (i + 1) * columns) })),
      height: network.size,
      width: network.size,
      channels: network.channels === 1 ? 1 : 3,
    }),
    TE.chain((png) => writeAtomic(path, png)),
  )()
}
