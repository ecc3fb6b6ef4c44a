/** latents.json: what a cache of latents holds, except for the latents. It is written last: a folder that has it is complete. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { decodeWith, finite, listOf, positive, positiveInteger, record, text, yesOrNo } from '../../codec/codecs.ts'
import { readText, writeAtomic } from '../../io/atomic.ts'

export const manifestFormat = 'diffit latents 1'

const natural = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a natural number')
const naturals = t.readonlyArray(natural)
const groups = t.readonlyArray(t.readonlyArray(naturals))

const codec = record({
  format: t.literal(manifestFormat),
  /** The content of the autoencoder, by its hash. */
  autoencoder: text('a hash'),
  /** The data of the pictures, as `--data` takes it. */
  data: text('the name of a data set'),
  name: text('a name'),
  /** Of the pictures. */
  fingerprint: text('a fingerprint'),
  picture: record({ size: positiveInteger, channels: positiveInteger }),
  size: positiveInteger,
  channels: positiveInteger,
  scale: record({
    mean: listOf(finite, 'numbers, one per channel'),
    std: listOf(positive, 'positive numbers, one per channel'),
  }),
  classes: listOf(t.string, 'names'),
  flips: listOf(yesOrNo, 'true or false, one per class'),
  balanced: yesOrNo,
  labels: naturals,
  train: groups,
  heldOut: groups,
})

/** What a cache holds, except for the latents. */
export type Manifest = t.TypeOf<typeof codec>

export const manifestPath = (folder: string): string => join(folder, 'latents.json')

const parsed = (json: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(json),
    () => 'it is not JSON',
  )

const whole = (m: Manifest): E.Either<string, Manifest> => {
  const wrong = m.labels.findIndex((label) => label >= m.classes.length)
  if (wrong >= 0) return E.left(`label ${wrong} is ${m.labels[wrong]}: expected less than ${m.classes.length}`)
  const [means, deviations] = [m.scale.mean.length, m.scale.std.length]
  return means === m.channels && deviations === m.channels
    ? E.right(m)
    : E.left(`its scale has ${means} means and ${deviations} deviations: expected ${m.channels} of each`)
}

/** The manifest of a folder; null if there is none. */
export const readManifest = (folder: string): TE.TaskEither<string, Manifest | null> =>
  pipe(
    readText(manifestPath(folder)),
    TE.chainEitherK(
      (json): E.Either<string, Manifest | null> =>
        json === null
          ? E.right(null)
          : pipe(
              parsed(json),
              E.chain((raw) => decodeWith(codec, raw, 'the file')),
              E.chain(whole),
              E.mapLeft((what) => `${manifestPath(folder)}: ${what}`),
            ),
    ),
  )

export const writeManifest = (folder: string, manifest: Manifest): TE.TaskEither<string, void> =>
  writeAtomic(manifestPath(folder), `${JSON.stringify(manifest)}\n`)
