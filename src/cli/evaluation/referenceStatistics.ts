/**
 * Statistics of real pictures as files: `mu` and `sigma` of EDM, pytorch-fid and ADM. Where a file has none, its pictures
 * (`arr_0` of ADM's) are judged by the network instead.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Gaussian, gaussianOf, type Moments } from '../../evaluation/moments.ts'
import type { NpyArray } from '../../io/npy.ts'
import { loadNpz, type Npz, saveNpz } from '../../io/npz.ts'

/** What a distance is measured from. */
export interface Statistics {
  readonly kind: 'statistics'
  readonly source: string
  /** Null where a file does not say it. */
  readonly pictures: number | null
  readonly gaussian: Gaussian
}

/** Pictures of a file, whose statistics are still to be made. */
export interface PicturesOfFile {
  readonly kind: 'pictures'
  readonly source: string
  readonly count: number
  /** [count, h, w, c] */
  readonly pixels: Uint8Array
}

/** What a file must fit: the features of the network, the pictures of the run. */
export interface Fitting {
  readonly features: number
  readonly size: number
  readonly channels: number
}

const listed = ({ shape }: NpyArray): string => `[${shape.join(', ')}]`

const statistics = (source: string, mu: NpyArray, sigma: NpyArray, features: number): E.Either<string, Statistics> => {
  const [mean, covariance] = [Float64Array.from(mu.values), Float64Array.from(sigma.values)]
  if (mean.length !== features || covariance.length !== features ** 2)
    return E.left(
      `${source}: its statistics are ${listed(mu)} and ${listed(sigma)}: expected [${features}] and [${features}, ${features}], the features of the network that judges`,
    )
  return mean.every(Number.isFinite) && covariance.every(Number.isFinite)
    ? E.right({ kind: 'statistics', source, pictures: null, gaussian: { mean, covariance } })
    : E.left(`${source}: its statistics are not finite`)
}

const pictures = (source: string, arrays: Npz, { size, channels }: Fitting): E.Either<string, PicturesOfFile> => {
  const found = arrays.get('arr_0')
  if (found === undefined)
    return E.left(
      `${source} has neither "mu" and "sigma" nor "arr_0": expected statistics, or pictures as ADM has them`,
    )
  const [count] = found.shape
  const expected = [count, size, size, channels]
  if (count === undefined || !(found.values instanceof Uint8Array) || found.shape.join() !== expected.join())
    return E.left(
      `${source}: its arr_0 is ${listed(found)}: expected bytes [n, ${size}, ${size}, ${channels}], pictures of the run's size`,
    )
  return E.right({ kind: 'pictures', source, count, pixels: found.values })
}

/** What a file says; a Left is one sentence that names it. */
export const readReference = (path: string, fitting: Fitting): TE.TaskEither<string, Statistics | PicturesOfFile> =>
  pipe(
    loadNpz(path, (name) => name === 'mu' || name === 'sigma'),
    TE.chain((arrays): TE.TaskEither<string, Statistics | PicturesOfFile> => {
      const [mu, sigma] = [arrays.get('mu'), arrays.get('sigma')]
      return mu !== undefined && sigma !== undefined
        ? TE.fromEither(statistics(path, mu, sigma, fitting.features))
        : pipe(
            loadNpz(path, (name) => name === 'arr_0'),
            TE.chainEitherK((found) => pictures(path, found, fitting)),
          )
    }),
  )

export const statisticsOf = (source: string, count: number, moments: Moments): Statistics => ({
  kind: 'statistics',
  source,
  pictures: count,
  gaussian: gaussianOf(moments),
})

/** Writes them as EDM and pytorch-fid do. */
export const writeStatistics = (
  path: string,
  { gaussian: { mean, covariance } }: Statistics,
): TE.TaskEither<string, void> =>
  saveNpz(
    path,
    new Map([
      ['mu', { shape: [mean.length], values: mean }],
      ['sigma', { shape: [mean.length, mean.length], values: covariance }],
    ]),
  )
