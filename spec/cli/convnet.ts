/** A model and a kind of data set that no table lists: declared as someone else would, from the public modules. */
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type DataKind, dataset } from '../../src/data/index.ts'
import {
  baseSampling,
  baseTraining,
  model,
  oneOf,
  orNull,
  positiveInteger,
  record,
  timeToken,
} from '../../src/models/index.ts'
import { conv, convSpec } from '../../src/nn/conv.ts'
import { labelEmbedderSpec, timeEmbedderSpec } from '../../src/nn/embedding.ts'
import { sizeAt } from '../../src/tensor/axes.ts'
import { add, reshape, silu, type Tensor } from '../../src/tensor/ops.ts'

interface ConvnetConfig {
  readonly model: 'convnet'
  readonly side: number
  readonly channels: number
  readonly hidden: number
  readonly classes: number | null
}

const defaults: ConvnetConfig = { model: 'convnet', side: 4, channels: 1, hidden: 6, classes: 2 }

/** Two convolutions, with the time and the class added between them. */
export const convnet = model({
  objective: 'denoising',
  fields: record(
    {
      model: oneOf(['convnet']),
      side: positiveInteger,
      channels: positiveInteger,
      hidden: positiveInteger,
      classes: orNull(positiveInteger, 'for an unconditional model'),
    },
    [({ hidden }) => (hidden % 2 === 0 ? null : `hidden is ${hidden}: expected an even number`)],
  ),
  defaults,
  presets: { 'convnet-s': { ...defaults, hidden: 4 } },
  recipes: E.right({
    'convnet-s': {
      data: 'stripes',
      training: { ...baseTraining, batch: 4, micro_batch: 4 },
      sampling: { ...baseSampling, steps: 2, columns: 1 },
    },
  }),
  network: ({ channels, hidden, classes }: ConvnetConfig) => ({
    spec: {
      first: convSpec(3, channels, hidden),
      t_embedder: timeEmbedderSpec(hidden),
      y_embedder: classes === null ? null : labelEmbedderSpec(classes, hidden),
      last: convSpec(3, hidden, channels),
    },
    apply:
      (p) =>
      (x: Tensor, time: Tensor, labels: Tensor | null): Tensor => {
        const token = reshape([sizeAt(x.shape, 0), 1, 1, hidden])(timeToken(p)(time, labels))
        return conv({ stride: 1 })(p.last)(silu(add(conv({ stride: 1 })(p.first)(x), token)))
      },
  }),
  branches: ({ name }) => name === 'first.weight',
  shape: ({ side: size, channels, classes }) => ({ size, channels, classes }),
  fit: (c, { channels, classes }) => ({ ...c, channels, classes: c.classes === null ? null : classes }),
})

/** Rows or columns, in shades of grey. */
export const stripes: DataKind = {
  name: 'stripes',
  help: 'rows and columns',
  folder: 'none',
  open: (_, size) =>
    TE.right(
      dataset({
        name: 'stripes',
        classes: ['rows', 'columns'],
        channels: 1,
        size,
        pixels: Uint8Array.from({ length: 32 * size * size }, (_, i) => {
          const [image, y, x] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size]
          return ((image % 2 === 0 ? y : x) % 2) * (100 + image)
        }),
        labels: Uint8Array.from({ length: 32 }, (_, i) => i % 2),
      }),
    ),
}
