/**
 * Latents of pictures as a data set, streamed from the shards of a cache: an image is (z - mean) / std of each channel. In training
 * z = mean + exp(log-variance / 2) n, with noise n from the position's own key; held-out images are those of the means.
 *
 * Mirroring is the choice of the moments of the mirrored picture: mirrored latents are no latents of it.
 */
import { createHash } from 'node:crypto'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../../codec/element.ts'
import { fold, normal } from '../../random/key.ts'
import { ofLatents } from '../batches.ts'
import type { Dataset } from '../dataset.ts'
import type { Place } from '../place.ts'
import { layoutOf } from './layout.ts'
import { type Manifest, manifestPath, readManifest } from './manifest.ts'
import { checkedShards, type Origin } from './records.ts'
import { type MomentsOfOne, recordReader } from './shardReader.ts'

/** Of the latents of pictures by an autoencoder: equal for equal content. */
export const latentsFingerprint = ({ autoencoder, fingerprint }: Origin): string =>
  createHash('sha256').update(`${fingerprint} ${autoencoder}`).digest('hex').slice(0, 16)

/** (mean + exp(logVariance / 2) noise - m) / s of each channel [.., z]; without noise, of the mean. */
export const latentImage = (
  { mean, logVariance }: MomentsOfOne,
  { mean: m, std: s }: Manifest['scale'],
  noise: Float64Array | null,
): Float32Array => {
  const out = new Float32Array(mean.length)
  for (let i = 0; i < out.length; i++) {
    const c = i % m.length
    const z = element(mean, i) + (noise === null ? 0 : Math.exp(element(logVariance, i) / 2) * element(noise, i))
    out[i] = (z - element(m, c)) / element(s, c)
  }
  return out
}

/** The moments of any view. */
export type Records = (picture: number, isMirrored: boolean) => MomentsOfOne

/** A data set of latents: what a manifest says of them, and where their moments come from. */
export const latentDataset = (manifest: Manifest, records: Records): Dataset => {
  const { autoencoder, data, name, fingerprint, picture, size, channels, scale, labels, ...listed } = manifest
  const { classes, flips, balanced, train, heldOut } = listed
  const image = (i: number): Float32Array => latentImage(records(i, false), scale, null)
  const means: Dataset = {
    name: `latents of ${name}`,
    classes,
    flips,
    balanced,
    train,
    heldOut,
    size,
    channels,
    count: labels.length,
    image,
    label: (i) => element(labels, i),
    shown: ({ index, isMirrored }) => latentImage(records(index, isMirrored), scale, null),
    notices: [],
    fingerprint: latentsFingerprint({ autoencoder, fingerprint }),
  }
  const shown = ({ index, isMirrored, key }: Place): Float32Array =>
    latentImage(records(index, isMirrored), scale, normal(fold(key, ofLatents), size * size * channels))
  return { ...means, shown, encoded: { autoencoder, data, fingerprint, picture, scale, means } }
}

/**
 * The latents in a folder that `encodeLatents` has completed; the error is one sentence that names what is missing or wrong. Shards that go
 * missing later are a `DataLost`, when they are read.
 */
export const openLatents = (folder: string): TE.TaskEither<string, Dataset> =>
  pipe(
    readManifest(folder),
    TE.chain((manifest) =>
      manifest === null
        ? TE.left(`${manifestPath(folder)} is missing: expected latents, encoded to their end`)
        : TE.right(manifest),
    ),
    TE.bindTo('manifest'),
    TE.let('layout', ({ manifest }) => layoutOf(manifest)),
    TE.chainFirst(({ manifest, layout }) => checkedShards(folder, layout, manifest)),
    TE.map(({ manifest, layout }) => latentDataset(manifest, recordReader(folder, layout, manifest))),
  )

/** The same for `--data latents:DIR`: latents of another size than the model's are refused. */
export const latents = (folder: string, size: number): TE.TaskEither<string, Dataset> =>
  pipe(
    openLatents(folder),
    TE.filterOrElse(
      (found) => found.size === size,
      (found) =>
        `${folder} holds latents of ${found.size} x ${found.size}: expected ${size} x ${size}, the model's input_size`,
    ),
  )
