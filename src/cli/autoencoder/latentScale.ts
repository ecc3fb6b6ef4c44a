/** The measured scale of an autoencoder's latents, as JSON: in the metadata of its file, and beside the run that trained it. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { LatentScale } from '../../autoencoder/latents.ts'
import { decodeWith, finite, listOf, positive, record } from '../../codec/codecs.ts'
import { readText, writeAtomic } from '../../io/atomic.ts'

const fields = {
  mean: listOf(finite, 'numbers, one per channel of the latents'),
  std: listOf(positive, 'positive numbers, one per channel of the latents'),
}
const scaleCodec = record(fields)
/** Beside a run: of the parameters that have this hash. */
const runCodec = record({ parameters: t.string, ...fields })

const json = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    () => 'it is not JSON',
  )

const ofChannels =
  (channels: number) =>
  <S extends LatentScale>(scale: S): E.Either<string, S> =>
    scale.mean.length === channels && scale.std.length === channels
      ? E.right(scale)
      : E.left(
          `it has ${scale.mean.length} means and ${scale.std.length} deviations: expected ${channels} of each, one per channel of the latents`,
        )

/** The scale of latents of so many channels; the error does not say where it stands. */
export const decodeScale = (text: string, channels: number): E.Either<string, LatentScale> =>
  pipe(
    json(text),
    E.chain((raw) => decodeWith(scaleCodec, raw)),
    E.chain(ofChannels(channels)),
  )

export const encodeScale = ({ mean, std }: LatentScale): string => JSON.stringify({ mean, std })

export const runScalePath = (folder: string): string => join(folder, 'latent-scale.json')

/** The scale beside a run; null if there is none, or if it is of other parameters than these. */
export const readRunScale = (
  folder: string,
  parameters: string,
  channels: number,
): TE.TaskEither<string, LatentScale | null> =>
  pipe(
    readText(runScalePath(folder)),
    TE.chainEitherK((text) =>
      text === null
        ? E.right(null)
        : pipe(
            json(text),
            E.chain((raw) => decodeWith(runCodec, raw)),
            E.chain(ofChannels(channels)),
            E.bimap(
              (what) => `${runScalePath(folder)}: ${what}`,
              ({ parameters: of, mean, std }) => (of === parameters ? { mean, std } : null),
            ),
          ),
    ),
  )

/** Writes the scale of a run's latents, with its parameters' hash. */
export const writeRunScale = (
  folder: string,
  parameters: string,
  { mean, std }: LatentScale,
): TE.TaskEither<string, void> => writeAtomic(runScalePath(folder), `${JSON.stringify({ parameters, mean, std })}\n`)
