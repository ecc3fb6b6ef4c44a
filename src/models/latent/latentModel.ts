/**
 * The latent-space model: patches of a latent as tokens, fixed position embeddings, blocks with global attention, and a
 * zero-initialised final layer.
 */
import { pipe } from 'fp-ts/lib/function.js'
import { block, blockSpec } from '../../diffit/block.ts'
import { timeToken } from '../../diffit/timeToken.ts'
import { labelEmbedderSpec, timeEmbedderSpec } from '../../nn/embedding.ts'
import { linear, linearSpec } from '../../nn/linear.ts'
import { layerNorm } from '../../nn/norm.ts'
import { xavier, zeros } from '../../nn/parameter.ts'
import { patchEmbed, patchSpec, unpatchify } from '../../nn/patch.ts'
import { sincos2d } from '../../nn/position.ts'
import type { Params } from '../../nn/spec.ts'
import { sizeAt } from '../../tensor/axes.ts'
import { literal, reshape, silu, type Tensor } from '../../tensor/ops.ts'
import type { LatentConfig } from './latentConfig.ts'

/** Tokens along each side. */
const gridOf = (c: LatentConfig): number => c.input_size / c.patch
const outputChannels = (c: LatentConfig): number => c.channels * (c.learn_sigma ? 2 : 1)

/** The parameters of the latent-space model of a configuration. */
export const latentSpec = (c: LatentConfig) => ({
  x_embedder: { proj: patchSpec(c.patch, c.channels, c.width) },
  t_embedder: timeEmbedderSpec(c.width),
  y_embedder: labelEmbedderSpec(c.classes, c.width),
  blocks: Array.from({ length: c.depth }, () =>
    blockSpec(
      { width: c.width, time_width: c.width, heads: c.heads, window: gridOf(c), mlp_ratio: c.mlp_ratio },
      xavier,
    ),
  ),
  final_layer: { linear: linearSpec(c.width, c.patch ** 2 * outputChannels(c), zeros) },
})
/** The parameters of the latent-space model. */
export type LatentParams = Params<ReturnType<typeof latentSpec>>

/**
 * x [b, h, w, channels], sinusoids of the time [b, 256], one-hot labels [b, classes + 1] -> [b, h, w, channels], or twice
 * the channels with learned variance. The final layer is zero-initialised, so the initial output is zero.
 */
export const latentModel = (c: LatentConfig) => {
  const n = gridOf(c) ** 2
  const positions = literal(sincos2d(c.width, gridOf(c)), [n, c.width])
  return {
    spec: latentSpec(c),
    apply:
      (p: LatentParams) =>
      (x: Tensor, time: Tensor, labels: Tensor | null): Tensor => {
        const xt = timeToken(p)(time, labels)
        const tokens = patchEmbed(p.x_embedder.proj)(x, positions)
        const b = sizeAt(tokens.shape, 0)
        const grid = reshape([b, 1, n, c.width])(tokens)
        return pipe(
          p.blocks.reduce((xs, each) => block(c)(each)(xs, xt), grid),
          layerNorm,
          silu,
          linear(p.final_layer.linear),
          (y) => reshape([b, n, sizeAt(y.shape, 3)])(y),
          unpatchify(c.patch),
        )
      },
  }
}
