/**
 * The published DiffiT's files, of the latent model: its parameters have the names that ours have, and two tensors that are no
 * parameters stand beside them, fixed position embeddings and the places of the relative position biases.
 */
import * as E from 'fp-ts/lib/Either.js'
import { decodeLatentConfig, type LatentConfig } from '../models/latent/latentConfig.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { sincos2d } from '../nn/position.ts'
import { countOf, type FileTensor, type Layout, ownTensors, type Shapes } from './layout.ts'

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

/** The configuration of a latent model with these shapes; everything is told by them. */
export const latentConfiguration = (shapes: Shapes): unknown => {
  const [width = 0, channels = 0, patch = 1] = shapes.get('x_embedder.proj.weight') ?? []
  const [rows = 0] = shapes.get('y_embedder.embedding_table.weight') ?? []
  const [biases = 0, heads = 0] = shapes.get('blocks.0.attn.relative_position_bias_table') ?? []
  const [hidden = 0] = shapes.get('blocks.0.mlp.fc1.weight') ?? []
  const [out = 0] = shapes.get('final_layer.linear.weight') ?? []
  if (width === 0 || heads === 0) return null
  const grid = (Math.sqrt(biases) + 1) / 2
  return {
    model: 'latent',
    input_size: grid * patch,
    channels,
    patch,
    width,
    depth: countOf(shapes, 'blocks.'),
    heads,
    mlp_ratio: hidden / width,
    classes: rows - 1,
    learn_sigma: out === 2 * patch ** 2 * channels,
  }
}

/** Files of the published DiffiT. */
export const diffitLayout: Layout = {
  name: 'diffit',
  about: "the published DiffiT's names (latent models)",
  recognises: (names) => names.includes('x_embedder.proj.weight'),
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
