/**
 * What PyTorch trains on, as our own program has it: pictures, their order with mirroring, noise levels and dropped labels, the
 * initial parameters by the reference's names, and two sets of noised held-out pictures. One .npz file.
 */

import { keysOf } from '../../src/cli/keys.ts'
import { denoisingTaskOf } from '../../src/cli/objectives/denoising.ts'
import type { Settings } from '../../src/cli/settings/options.ts'
import { noisingOf } from '../../src/cli/settings/tables.ts'
import { places } from '../../src/data/batches.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { type NoisedImage, noised } from '../../src/diffusion/noise/noised.ts'
import type { NpyArray } from '../../src/io/npy.ts'
import type { Npz } from '../../src/io/npz.ts'
import type { ConfiguredModel, ConfiguredModelOf } from '../../src/models/model.ts'
import { encode, leavesOf } from '../../src/nn/spec.ts'
import { fold } from '../../src/random/key.ts'
import { initialState } from '../../src/train/run.ts'

/** The parameters of Muon's with how many matrices lie side by side in each. */
export const heldMatrices = ({ spec, matrices }: Pick<ConfiguredModel, 'spec' | 'matrices'>) =>
  Object.fromEntries(
    leavesOf(spec).flatMap((leaf) => (matrices(leaf) > 0 ? [[leaf.name, matrices(leaf)] as const] : [])),
  )

const vector = (values: Float64Array | Uint8Array): NpyArray => ({ shape: [values.length], values })

/** [count, h, w, c]: 0 is -1, 255 is 1. */
const pictures = ({ count, size, channels, image }: Dataset): NpyArray => {
  const each = size * size * channels
  const values = new Uint8Array(count * each)
  for (let i = 0; i < count; i++)
    values.set(
      image(i).map((x) => Math.round((x + 1) * 127.5)),
      i * each,
    )
  return { shape: [count, size, size, channels], values }
}

/** The first positions of the stream of a seed; the null label is the number of classes. */
const order = (dataset: Dataset, { seed, training }: Settings, images: number): Npz => {
  const keys = keysOf(seed)
  const place = places(dataset, keys.order)
  const noising = noised(noisingOf(training))
  const [index, sigma, label] = [new Float64Array(images), new Float64Array(images), new Float64Array(images)]
  const mirrored = new Uint8Array(images)
  const none = new Float32Array()
  for (let i = 0; i < images; i++) {
    const at = place(i)
    const shown = noising(fold(keys.noise, i), { image: none, label: dataset.label(at.index) })
    index[i] = at.index
    mirrored[i] = at.isMirrored ? 1 : 0
    sigma[i] = shown.sigma
    label[i] = shown.label ?? dataset.classes.length
  }
  return new Map([
    ['index', vector(index)],
    ['mirrored', vector(mirrored)],
    ['sigma', vector(sigma)],
    ['label', vector(label)],
  ])
}

const validation = (name: string, dataset: Dataset, images: readonly NoisedImage[]): Npz => {
  const shape = [images.length, dataset.size, dataset.size, dataset.channels]
  const all = (of: (one: NoisedImage) => ArrayLike<number>): NpyArray => ({
    shape,
    values: Float32Array.from(images.flatMap((one) => Array.from(of(one)))),
  })
  return new Map([
    [`${name}.image`, all((one) => one.image)],
    [`${name}.noise`, all((one) => one.noise)],
    [`${name}.sigma`, vector(Float64Array.from(images, (one) => one.sigma))],
    [`${name}.label`, vector(Float64Array.from(images, (one) => one.label ?? dataset.classes.length))],
  ])
}

export interface Exported {
  readonly model: ConfiguredModelOf<'denoising'>
  readonly settings: Settings
  readonly dataset: Dataset
  /** Positions of the order. */
  readonly images: number
  /** Held-out images at EDM's levels, and at those of the recipe. */
  readonly edm: readonly NoisedImage[]
  readonly own: readonly NoisedImage[]
}

/** Law: the images at the positions of its order are those that `diffit train` shows, at the same levels. */
export const exported = ({ model, settings, dataset, images, edm, own }: Exported): Npz => {
  const { theta } = initialState(denoisingTaskOf(model, settings), keysOf(settings.seed).parameters)
  if (theta === undefined) throw new TypeError('the initial state has no parameters')
  return new Map([
    ['pictures', pictures(dataset)],
    ...order(dataset, settings, images),
    ...validation('edm', dataset, edm),
    ...validation('own', dataset, own),
    ...Object.entries(encode(model.spec)(theta)).map(([name, array]) => [`parameters.${name}`, array] as const),
  ])
}
