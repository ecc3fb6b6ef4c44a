/**
 * Every tensor of the published files, by its name and shape, written down independently of src/interchange: DiffiT's, and the
 * autoencoder's as diffusers and as latent diffusion name it, at any width and depth; not a test.
 */

import { element } from '../../src/codec/element.ts'

/** Names and shapes. */
export type Published = ReadonlyMap<string, readonly number[]>

const both = (name: string, weight: readonly number[], bias = element(weight, 0)) =>
  [
    [`${name}.weight`, weight],
    [`${name}.bias`, [bias]],
  ] as const

export interface DiffitSizes {
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly grid: number
  readonly classes: number
}

/** The paper's, for ImageNet at 256 x 256. */
export const diffitXl: DiffitSizes = { width: 1152, depth: 28, heads: 16, grid: 16, classes: 1000 }

/** Patches of 2 x 2 of 4 channels, learned sigma; the fixed tensors last. */
export const diffitNames = ({ width: c, depth, heads, grid, classes }: DiffitSizes, fixed = true): Published =>
  new Map([
    ...both('x_embedder.proj', [c, 4, 2, 2]),
    ...both('t_embedder.mlp.0', [c, 256]),
    ...both('t_embedder.mlp.2', [c, c]),
    ['y_embedder.embedding_table.weight', [classes + 1, c]],
    ...Array.from({ length: depth }, (_, i) => [
      ...both(`blocks.${i}.attn.qkv`, [3 * c, c]),
      ...both(`blocks.${i}.attn.qkv_temb`, [3 * c, c]),
      ...both(`blocks.${i}.attn.proj`, [c, c]),
      [`blocks.${i}.attn.relative_position_bias_table`, [(2 * grid - 1) ** 2, heads]] as const,
      ...both(`blocks.${i}.mlp.fc1`, [4 * c, c]),
      ...both(`blocks.${i}.mlp.fc2`, [c, 4 * c]),
    ]).flat(),
    ...both('final_layer.linear', [32, c]),
    ...(fixed
      ? [
          ['pos_embed', [1, grid ** 2, c]] as const,
          ...Array.from(
            { length: depth },
            (_, i) => [`blocks.${i}.attn.relative_position_index`, [grid ** 2, grid ** 2]] as const,
          ),
        ]
      : []),
  ])

/** Names of one tensor: latent diffusion's, diffusers', diffusers' before 0.14; with the shape of each. */
export interface AutoencoderTensor {
  readonly ldm: string
  readonly diffusers: string
  readonly old: string
  readonly shape: readonly number[]
  readonly ldmShape: readonly number[]
}

/** Stable Diffusion's. */
export const stableDiffusion = { widths: [128, 256, 512, 512], blocks: 2 }

const same = (ldm: string, diffusers: string, shape: readonly number[]): AutoencoderTensor => ({
  ldm,
  diffusers,
  old: diffusers,
  shape,
  ldmShape: shape,
})

const layer = (ldm: string, diffusers: string, weight: readonly number[]): readonly AutoencoderTensor[] => [
  same(`${ldm}.weight`, `${diffusers}.weight`, weight),
  same(`${ldm}.bias`, `${diffusers}.bias`, [element(weight, 0)]),
]

const norm = (ldm: string, diffusers: string, c: number): readonly AutoencoderTensor[] => layer(ldm, diffusers, [c])

const resnet = (ldm: string, diffusers: string, from: number, to: number): readonly AutoencoderTensor[] => [
  ...norm(`${ldm}.norm1`, `${diffusers}.norm1`, from),
  ...layer(`${ldm}.conv1`, `${diffusers}.conv1`, [to, from, 3, 3]),
  ...norm(`${ldm}.norm2`, `${diffusers}.norm2`, to),
  ...layer(`${ldm}.conv2`, `${diffusers}.conv2`, [to, to, 3, 3]),
  ...(from === to ? [] : layer(`${ldm}.nin_shortcut`, `${diffusers}.conv_shortcut`, [to, from, 1, 1])),
]

const projection = (ldm: string, diffusers: string, old: string, c: number): readonly AutoencoderTensor[] => [
  {
    ldm: `${ldm}.weight`,
    diffusers: `${diffusers}.weight`,
    old: `${old}.weight`,
    shape: [c, c],
    ldmShape: [c, c, 1, 1],
  },
  { ldm: `${ldm}.bias`, diffusers: `${diffusers}.bias`, old: `${old}.bias`, shape: [c], ldmShape: [c] },
]

const middle = (half: string, c: number): readonly AutoencoderTensor[] => {
  const [ldm, diffusers] = [`${half}.mid`, `${half}.mid_block`]
  const [a, b] = [`${ldm}.attn_1`, `${diffusers}.attentions.0`]
  return [
    ...resnet(`${ldm}.block_1`, `${diffusers}.resnets.0`, c, c),
    ...resnet(`${ldm}.block_2`, `${diffusers}.resnets.1`, c, c),
    ...norm(`${a}.norm`, `${b}.group_norm`, c),
    ...projection(`${a}.q`, `${b}.to_q`, `${b}.query`, c),
    ...projection(`${a}.k`, `${b}.to_k`, `${b}.key`, c),
    ...projection(`${a}.v`, `${b}.to_v`, `${b}.value`, c),
    ...projection(`${a}.proj_out`, `${b}.to_out.0`, `${b}.proj_attn`, c),
  ]
}

/** All tensors of an autoencoder of pictures with three channels and latents with four. */
export const autoencoderNames = ({
  widths,
  blocks,
}: {
  readonly widths: readonly number[]
  readonly blocks: number
}): readonly AutoencoderTensor[] => {
  const n = widths.length
  const width = (i: number): number => element(widths, Math.min(Math.max(i, 0), n - 1))
  const down = widths.flatMap((c, i) => [
    ...Array.from({ length: blocks }, (_, j) =>
      resnet(`encoder.down.${i}.block.${j}`, `encoder.down_blocks.${i}.resnets.${j}`, j === 0 ? width(i - 1) : c, c),
    ).flat(),
    ...(i + 1 < n
      ? layer(`encoder.down.${i}.downsample.conv`, `encoder.down_blocks.${i}.downsamplers.0.conv`, [c, c, 3, 3])
      : []),
  ])
  // up.0 is the finest in latent diffusion, up_blocks.0 the coarsest in diffusers
  const up = widths.flatMap((c, i) => [
    ...Array.from({ length: blocks + 1 }, (_, j) =>
      resnet(
        `decoder.up.${i}.block.${j}`,
        `decoder.up_blocks.${n - 1 - i}.resnets.${j}`,
        j === 0 ? width(i + 1) : c,
        c,
      ),
    ).flat(),
    ...(i > 0
      ? layer(`decoder.up.${i}.upsample.conv`, `decoder.up_blocks.${n - 1 - i}.upsamplers.0.conv`, [c, c, 3, 3])
      : []),
  ])
  return [
    ...layer('encoder.conv_in', 'encoder.conv_in', [width(0), 3, 3, 3]),
    ...down,
    ...middle('encoder', width(n)),
    ...norm('encoder.norm_out', 'encoder.conv_norm_out', width(n)),
    ...layer('encoder.conv_out', 'encoder.conv_out', [8, width(n), 3, 3]),
    ...layer('decoder.conv_in', 'decoder.conv_in', [width(n), 4, 3, 3]),
    ...middle('decoder', width(n)),
    ...up,
    ...norm('decoder.norm_out', 'decoder.conv_norm_out', width(0)),
    ...layer('decoder.conv_out', 'decoder.conv_out', [3, width(0), 3, 3]),
    ...layer('quant_conv', 'quant_conv', [8, 8, 1, 1]),
    ...layer('post_quant_conv', 'post_quant_conv', [4, 4, 1, 1]),
  ]
}
