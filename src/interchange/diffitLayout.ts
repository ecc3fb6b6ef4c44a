/**
 * The published DiffiT's files, of the latent model: its parameters have the names that ours have, and two tensors that are no
 * parameters stand beside them, fixed position embeddings and the places of the relative position biases.
 */
import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeLatentConfig, type LatentConfig } from '../models/latent/latentConfig.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { sincos2d } from '../nn/position.ts'
import { type FileTensor, type Layout, ownTensors, type Shapes } from './layout.ts'
import { countOf, sizeIn, type Telling, type Untold } from './told.ts'

/** [w w, w w]: of a query and a key, the row (dy + w - 1)(2 w - 1) + (dx + w - 1) of the table of biases. */
const relativePositionIndex = (w: number): Float64Array =>
  Float64Array.from({ length: w ** 4 }, (_, i) => {
    const [query, key] = [Math.floor(i / w ** 2), i % w ** 2]
    const dy = Math.floor(query / w) - Math.floor(key / w)
    const dx = (query % w) - (key % w)
    return (dy + w - 1) * (2 * w - 1) + (dx + w - 1)
  })

const fixed = ({ width, input_size, patch, depth }: LatentConfig): readonly FileTensor[] => {
  const grid = input_size / patch
  const positions: FileTensor = {
    name: 'pos_embed',
    shape: [1, grid ** 2, width],
    holds: { kind: 'constant', whole: false, values: () => sincos2d(width, grid) },
  }
  const indices = Array.from(
    { length: depth },
    (_, i): FileTensor => ({
      name: `blocks.${i}.attn.relative_position_index`,
      shape: [grid ** 2, grid ** 2],
      holds: { kind: 'constant', whole: true, values: () => relativePositionIndex(grid) },
    }),
  )
  return [positions, ...indices]
}

/** The parameters of a latent model, then what is fixed; null for other models. */
export const diffitTensors = (model: ConfiguredModel): readonly FileTensor[] | null => {
  const config = decodeLatentConfig(model.config)
  return E.isLeft(config) ? null : [...ownTensors(model), ...fixed(config.right)]
}

const embedder: Telling = { name: 'x_embedder.proj.weight', axes: ['width', 'channels', 'patch', 'patch'] }
const labels: Telling = { name: 'y_embedder.embedding_table.weight', axes: ['classes + 1', 'width'] }
const biases: Telling = { name: 'blocks.0.attn.relative_position_bias_table', axes: ['(2 grid - 1)^2', 'heads'] }
const hidden: Telling = { name: 'blocks.0.mlp.fc1.weight', axes: ['hidden', 'width'] }
const final: Telling = { name: 'final_layer.linear.weight', axes: ['patch^2 outputs', 'width'] }

/** Height and width of the tokens by the size of a table of biases. */
const gridOf = (size: number): E.Either<Untold, number> => {
  const grid = (Math.sqrt(size) + 1) / 2
  return Number.isInteger(grid)
    ? E.right(grid)
    : E.left({ name: biases.name, why: `has ${size} rows: expected (2 grid - 1)^2 of a grid of tokens` })
}

/** The configuration of a latent model with these shapes; everything is told by them. */
export const latentConfiguration = (shapes: Shapes): E.Either<Untold, unknown> | null => {
  if (![embedder, labels, biases, hidden, final].some(({ name }) => shapes.has(name))) return null
  const size = sizeIn(shapes)
  return pipe(
    {
      width: size(embedder, 'width'),
      channels: size(embedder, 'channels'),
      patch: size(embedder, 'patch'),
      rows: size(labels, 'classes + 1'),
      grid: pipe(size(biases, '(2 grid - 1)^2'), E.chain(gridOf)),
      heads: size(biases, 'heads'),
      hidden: size(hidden, 'hidden'),
      outputs: size(final, 'patch^2 outputs'),
    },
    sequenceS(E.Apply),
    E.map(({ width, channels, patch, rows, grid, heads, hidden, outputs }) => ({
      model: 'latent',
      input_size: grid * patch,
      channels,
      patch,
      width,
      depth: countOf(shapes, 'blocks.'),
      heads,
      mlp_ratio: hidden / width,
      classes: rows - 1,
      learn_sigma: outputs === 2 * patch ** 2 * channels,
    })),
  )
}

/** Files of the published DiffiT. */
export const diffitLayout: Layout = {
  name: 'diffit',
  about: "the published DiffiT's names (latent models)",
  recognises: (names) => [embedder, final].some(({ name }) => names.includes(name)),
  prefixes: () => [''],
  tensors: diffitTensors,
  configuration: latentConfiguration,
}

/** Checkpoints of DiT's training and of those that descend from it: the same names twice, in `model` and in `ema`. */
export const ditLayout: Layout = {
  name: 'dit',
  about: "checkpoints of DiT's training: parameters as model.*, their average as ema.*",
  recognises: (names) => names.some((name) => /^(model|ema)\.(?!diffusion_model\.)/.test(name)),
  prefixes: (weights) => [weights === 'average' ? 'ema.' : 'model.'],
  tensors: (model) => diffitTensors(model) ?? ownTensors(model),
  configuration: latentConfiguration,
}
