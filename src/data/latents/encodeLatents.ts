/**
 * Encodes a data set into the shards of a cache. What is done is what is there: a shard is written atomically, and a complete one is
 * never made again, so that after a kill at any moment the same call goes on, and ends with the same bytes as one that was never
 * interrupted. latents.json comes last.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { intact, sealed } from '../../io/contentHash.ts'
import { makeFolder } from '../../io/makeFolder.ts'
import { names } from '../../io/run.ts'
import { load, save } from '../../io/safetensorsFile.ts'
import { mirrored } from '../batches.ts'
import type { Dataset } from '../dataset.ts'
import { trainingPictures } from '../trainingPictures.ts'
import { shownScale } from './latentScale.ts'
import { type Layout, layoutOf, type Shard } from './layout.ts'
import { type Manifest, manifestFormat, manifestPath, readManifest, writeManifest } from './manifest.ts'
import { checkedShards, type MomentsOfOne, type Origin, recordReader, shardMetadata, unlike } from './records.ts'

/** What encodes pictures. */
export interface Encoder {
  /** Of its content: equal for equal autoencoders. */
  readonly contentHash: string
  /** The shape of a picture's latents. */
  readonly latents: { readonly size: number; readonly channels: number }
  /** Pictures [n, h, w, c] -> the moments of their latents, [n, h / f, w / f, z] each. */
  readonly encode: (pictures: Float32Array) => Promise<MomentsOfOne>
}

/** What is encoded, by what, into which folder. */
export interface Encoding {
  readonly dataset: Dataset
  /** The name of the data, as `--data` takes it. */
  readonly data: string
  readonly encoder: Encoder
  readonly folder: string
  /** What else the folder keeps of the latents at this scale, before it is complete. */
  readonly keep?: (scale: Manifest['scale']) => TE.TaskEither<string, void>
  /** Told of the pictures that are done, of all, and of those that this call encoded. */
  readonly onPictures: (done: number, all: number, now: number) => void
  /** Whether it should end with what is there; asked between batches. */
  readonly stopped: () => boolean
}

/** Views that are encoded at a time. */
const together = 64

/** The views of pictures [n, h, w, c] in the order of their records. */
const viewsOf = ({ image, size, channels }: Dataset, { views }: Layout, { from, to }: Shard): readonly Float32Array[] =>
  Array.from({ length: to - from }, (_, i) => {
    const one = image(from + i)
    return views(from + i) === 2 ? [one, mirrored(one, size, channels)] : [one]
  }).flat()

/** The records of a shard, side by side; null if it was stopped. */
const encoded = async (
  { dataset, encoder, stopped }: Encoding,
  layout: Layout,
  shard: Shard,
): Promise<Float32Array | null> => {
  const views = viewsOf(dataset, layout, shard)
  const { each } = layout
  const out = new Float32Array(views.length * 2 * each)
  for (let from = 0; from < views.length; from += together) {
    if (stopped()) return null
    const some = views.slice(from, from + together)
    const pictures = new Float32Array(some.reduce((n, view) => n + view.length, 0))
    some.forEach((view, i) => {
      pictures.set(view, i * view.length)
    })
    const { mean, logVariance } = await encoder.encode(pictures)
    some.forEach((_, i) => {
      const at = (from + i) * 2 * each
      out.set(mean.subarray(i * each, (i + 1) * each), at)
      out.set(logVariance.subarray(i * each, (i + 1) * each), at + each)
    })
  }
  return out
}

const saved = (
  folder: string,
  origin: Origin,
  { size, channels }: Dataset | Manifest,
  shard: Shard,
  values: Float32Array,
) =>
  save(
    join(folder, shard.file),
    sealed({
      tensors: new Map([['moments', { dtype: 'F16', shape: [shard.records, 2, size, size, channels], values }]]),
      metadata: shardMetadata(origin, shard),
    }),
  )

const another = 'name another folder, or delete this one'

/** Whether a shard is there; one of other latents is a Left, a damaged one is made again. */
const isThere = (
  folder: string,
  found: ReadonlySet<string>,
  origin: Origin,
  shard: Shard,
): TE.TaskEither<string, boolean> =>
  found.has(shard.file)
    ? pipe(
        load(join(folder, shard.file)),
        TE.chainEitherK((file) => {
          const why = unlike(file.metadata, shardMetadata(origin, shard))
          return why === null
            ? E.right(E.isRight(intact(true)(file)))
            : E.left(`${join(folder, shard.file)}: ${why}; ${another}`)
        }),
      )
    : TE.right(false)

/** Why a folder's latents are others than these; null if they are these. */
const otherThan = (folder: string, { autoencoder, fingerprint }: Manifest, origin: Origin): string | null => {
  const path = manifestPath(folder)
  if (autoencoder !== origin.autoencoder) return `${path}: its latents were encoded by another autoencoder; ${another}`
  return fingerprint === origin.fingerprint ? null : `${path}: its latents were encoded from other pictures; ${another}`
}

const manifestOf = ({ dataset, data, encoder: { contentHash, latents } }: Encoding): Omit<Manifest, 'scale'> => {
  const { name, fingerprint, classes, flips, balanced, train, heldOut, count, label, size, channels } = dataset
  return {
    format: manifestFormat,
    autoencoder: contentHash,
    data,
    name,
    fingerprint,
    picture: { size, channels },
    ...latents,
    classes,
    flips,
    balanced,
    labels: Array.from({ length: count }, (_, i) => label(i)),
    train,
    heldOut,
  }
}

const finished = ({ folder, dataset, keep }: Encoding, manifest: Omit<Manifest, 'scale'>, layout: Layout) =>
  pipe(
    TE.tryCatch(
      async () => shownScale(trainingPictures(dataset), recordReader(folder, layout), manifest.channels),
      (error) => `${folder}: ${error instanceof Error ? error.message : String(error)}`,
    ),
    TE.chainFirst((scale) => keep?.(scale) ?? TE.right(undefined)),
    TE.chain((scale) => writeManifest(folder, { ...manifest, scale })),
  )

/** The shards that are not there, one after the other; false if it was stopped. */
const missing = async (
  e: Encoding,
  layout: Layout,
  manifest: Omit<Manifest, 'scale'>,
): Promise<E.Either<string, boolean>> => {
  const origin = { autoencoder: manifest.autoencoder, fingerprint: manifest.fingerprint }
  const listed = await names(e.folder)()
  if (E.isLeft(listed)) return listed
  const found = new Set(listed.right)
  let now = 0
  for (const shard of layout.shards) {
    const there = await isThere(e.folder, found, origin, shard)()
    if (E.isLeft(there)) return there
    if (!there.right) {
      const values = await encoded(e, layout, shard)
      if (values === null) return E.right(false)
      const written = await saved(e.folder, origin, { ...e.dataset, ...e.encoder.latents }, shard, values)()
      if (E.isLeft(written)) return written
      now += shard.to - shard.from
    }
    e.onPictures(shard.to, e.dataset.count, now)
  }
  return E.right(true)
}

/**
 * Encodes what is missing in a folder. Right is whether it came to its end, or was stopped before; a Left is one sentence that names
 * the file of another autoencoder or of other pictures, or the one that cannot be written.
 */
export const encodeLatents = (e: Encoding): TE.TaskEither<string, boolean> => {
  const manifest = manifestOf(e)
  const layout = layoutOf(manifest)
  return pipe(
    makeFolder(e.folder),
    TE.chain(() => readManifest(e.folder)),
    TE.chain((before) => {
      const why = before === null ? null : otherThan(e.folder, before, manifest)
      if (why !== null) return TE.left(why)
      const made = pipe(
        () => missing(e, layout, manifest),
        TE.chainFirst((whole) => (whole ? finished(e, manifest, layout) : TE.right(undefined))),
      )
      // complete ones are not read again
      return before === null
        ? made
        : pipe(
            checkedShards(e.folder, layout, manifest),
            TE.map(() => true),
            TE.orElse(() => made),
          )
    }),
  )
}
