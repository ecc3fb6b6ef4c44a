/** A data set of pictures as latents: encoded into a folder, where they are not there yet. */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { cacheFolders } from '../../data/cache.ts'
import type { Dataset } from '../../data/dataset.ts'
import { encodeLatents } from '../../data/latents/encodeLatents.ts'
import { latentsFingerprint, openLatents } from '../../data/latents/latents.ts'
import { lock, removeAbandoned } from '../../io/lock.ts'
import { makeFolder } from '../../io/makeFolder.ts'
import { sweep } from '../../io/run.ts'
import type { OpenedAutoencoder } from '../autoencoder/autoencoderFile.ts'
import { Failure, fail, must } from '../errors.ts'
import { type StopSignal, stopSignal } from '../stop.ts'
import { compiledFor, keepAutoencoder, type Machine } from './autoencoderOfLatents.ts'
import type { EncodingProgress } from './encodingProgress.ts'

/** Encoding that was asked to stop: the same command goes on with what is there. */
export class EncodingStopped extends Failure {}

export interface EncodingData {
  readonly dataset: Dataset
  /** The name of the data, as `--data` takes it. */
  readonly data: string
  readonly autoencoder: OpenedAutoencoder
  /** Where the latents are kept; the first of these folders in which one can be made. */
  readonly folders: readonly string[]
  readonly machine: Machine
  readonly progress: EncodingProgress
  /** What hears that it should stop; signals to the process unless given. */
  readonly stop?: StopSignal
}

/** Next to the decoded images: a folder for each autoencoder and data set. */
export const latentFolders = (
  { fingerprint }: Pick<Dataset, 'fingerprint'>,
  { contentHash }: Pick<OpenedAutoencoder, 'contentHash'>,
  caches: readonly string[] = cacheFolders(
    dirname(dirname(createRequire(import.meta.url).resolve('fp-ts/package.json'))),
  ),
): readonly string[] =>
  caches.map((folder) => join(folder, `latents-${latentsFingerprint({ fingerprint, autoencoder: contentHash })}`))

/** The first folder that is there or can be made. */
const firstOf = async (folders: readonly string[]): Promise<string> => {
  let why = 'no folder is named for the latents'
  for (const folder of folders) {
    const made = await makeFolder(folder)()
    if (made._tag === 'Right') return folder
    why = made.left
  }
  return fail(why)
}

const encoded = async (e: EncodingData, folder: string): Promise<void> => {
  const { dataset, data, autoencoder, machine, progress } = e
  const stop = e.stop ?? stopSignal(() => process.stderr.write('stopping; what is encoded is kept\n'))
  const { size, channels } = dataset
  const compiled = compiledFor(autoencoder, { size, channels }, machine)
  const began = performance.now()
  try {
    const whole = await must(
      encodeLatents({
        dataset,
        data,
        folder,
        stopped: stop.asked,
        keep: (scale) => keepAutoencoder(folder, { ...autoencoder, scale }),
        encoder: { ...compiled, contentHash: autoencoder.contentHash },
        onPictures: (done, all, now) => progress.show({ done, all, now, seconds: (performance.now() - began) / 1000 }),
      }),
    )
    if (!whole) throw new EncodingStopped(`stopped; what is encoded is kept in ${folder}: the same command goes on`)
  } finally {
    progress.stop()
    if (e.stop === undefined) stop.release()
    await compiled.dispose()
  }
}

/** The latents of a data set, and the folder where they are; fails in one sentence. */
export const encodedData = async (e: EncodingData): Promise<{ readonly latents: Dataset; readonly folder: string }> => {
  const { dataset, autoencoder } = e
  if (dataset.channels !== autoencoder.model.shape.channels)
    fail(
      `the autoencoder encodes pictures of ${autoencoder.model.shape.channels} channels: expected ${dataset.channels}, those of ${dataset.name}`,
    )
  const folder = await firstOf(e.folders)
  const expected = latentsFingerprint({ fingerprint: dataset.fingerprint, autoencoder: autoencoder.contentHash })
  const before = await openLatents(folder)()
  // complete ones are only read, by any number of processes
  if (before._tag === 'Right' && before.right.fingerprint === expected) {
    await removeAbandoned(folder)
    return { latents: before.right, folder }
  }
  const held = await must(lock(folder))
  try {
    await must(sweep(folder))
    await encoded(e, folder)
    return { latents: await must(openLatents(folder)), folder }
  } finally {
    await held.release()
  }
}
