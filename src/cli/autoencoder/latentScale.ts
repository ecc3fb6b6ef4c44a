/** The scale of an autoencoder's latents as JSON, in the metadata of its file. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { LatentScale } from '../../autoencoder/latents.ts'
import { decodeWith, finite, listOf, positive, record } from '../../codec/codecs.ts'

const scaleCodec = record({
  mean: listOf(finite, 'numbers, one per channel of the latents'),
  std: listOf(positive, 'positive numbers, one per channel of the latents'),
})

const json = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    () => 'it is not JSON',
  )

const ofChannels =
  (channels: number) =>
  (scale: LatentScale): E.Either<string, LatentScale> =>
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
