/**
 * The latent-space model in jax-js: loss and gradients, without clipping, optimiser and EMA. Parameters have their names
 * in files and the engine's layouts. jax-js functions consume their arguments, so an array that is read twice is first
 * read as `x.ref`.
 */
import type { Array as JaxArray } from '@jax-js/jax'
import type { LatentConfig } from '../../src/models/latent/latentConfig.ts'
import { sincos2d } from '../../src/nn/position.ts'
import { leavesOf } from '../../src/nn/spec.ts'
import type { Trainable } from '../model.ts'

export type Jax = typeof import('@jax-js/jax')
export type JaxParams = Readonly<Record<string, JaxArray>>
type Map1 = (x: JaxArray) => JaxArray

export const arrayOf = ({ numpy }: Jax, values: Float32Array | Float64Array, shape: readonly number[]): JaxArray =>
  numpy.array(Float32Array.from(values), { shape: [...shape] })

export const paramsOf = (jax: Jax, { spec }: Trainable, theta: Float32Array): JaxParams =>
  Object.fromEntries(
    leavesOf(spec).map(({ name, start, size, parameter }) => [
      name,
      arrayOf(jax, theta.slice(start, start + size), parameter.shape),
    ]),
  )

/** Row i n + j selects the table's entry for query i and key j from its reversed positions. */
const offsets = (w: number): Float32Array => {
  const [n, side] = [w * w, 2 * w - 1]
  const out = new Float32Array(side * side * n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const [dy, dx] = [Math.floor(i / w) - Math.floor(j / w) + w - 1, (i % w) - (j % w) + w - 1]
      out[((side - 1 - dy) * side + side - 1 - dx) * n * n + i * n + j] = 1
    }
  return out
}

export interface JaxBatch {
  readonly image: JaxArray
  readonly time: JaxArray
  readonly labels: JaxArray
  readonly target: JaxArray
}

/** Mean squared error of the network, a function of parameters and batch. */
export const latentLoss = (jax: Jax, c: LatentConfig, batch: number) => {
  const { numpy: np, nn } = jax
  const [side, width, d] = [c.input_size / c.patch, c.width, c.width / c.heads]
  const n = side * side
  const positions = arrayOf(jax, sincos2d(width, side), [n, width])
  const table = arrayOf(jax, offsets(side), [(2 * side - 1) ** 2, n * n])

  return (p: JaxParams, { image, time, labels, target }: JaxBatch): JaxArray => {
    const at = (name: string): JaxArray => {
      const found = p[name]
      if (found === undefined) throw new RangeError(`jax-js: no parameter is called ${name}`)
      return found
    }
    const linear =
      (name: string): Map1 =>
      (x) =>
        np.matmul(x, at(`${name}.weight`)).add(at(`${name}.bias`))
    const norm: Map1 = (x) => nn.standardize(x, -1, { epsilon: 1e-6 })
    const heads: Map1 = (x) => x.reshape([batch, n, c.heads, d]).transpose([0, 2, 1, 3])

    const attention = (block: string, x: JaxArray, xt: JaxArray): JaxArray => {
      const name = `${block}.attn`
      const shift = linear(`${name}.qkv_temb`)(xt).reshape([batch, 1, 3 * width])
      const [q, k, v] = np.split(linear(`${name}.qkv`)(x).add(shift), 3, -1)
      if (q === undefined || k === undefined || v === undefined)
        throw new RangeError('jax-js: no queries, keys, values')
      const bias = np.matmul(at(`${name}.relative_position_bias_table`).reshape([c.heads, -1]), table.ref)
      const similarity = np.matmul(heads(q), np.swapaxes(heads(k), -1, -2)).mul(1 / Math.sqrt(d))
      const weights = nn.softmax(similarity.add(bias.reshape([c.heads, n, n])), -1)
      const mixed = np.matmul(weights, heads(v)).transpose([0, 2, 1, 3]).reshape([batch, n, width])
      return linear(`${name}.proj`)(mixed)
    }
    const mlp = (block: string, x: JaxArray): JaxArray =>
      linear(`${block}.mlp.fc2`)(nn.gelu(linear(`${block}.mlp.fc1`)(x), { approximate: true }))

    const tokens =
      (channels: number): Map1 =>
      (x) =>
        x
          .reshape([batch, side, c.patch, side, c.patch, channels])
          .transpose([0, 1, 3, 2, 4, 5])
          .reshape([batch, n, c.patch * c.patch * channels])
    const kernel = at('x_embedder.proj.weight').reshape([-1, width])
    let x = np.matmul(tokens(c.channels)(image), kernel).add(at('x_embedder.proj.bias')).add(positions.ref)
    const embedded = linear('t_embedder.mlp.2')(nn.silu(linear('t_embedder.mlp.0')(time)))
    const xt = embedded.add(np.matmul(labels, at('y_embedder.embedding_table.weight')))
    for (let i = 0; i < c.depth; i++) {
      const block = `blocks.${i}`
      x = x.ref.add(attention(block, norm(x), xt.ref))
      x = x.ref.add(mlp(block, norm(x)))
    }
    xt.dispose()
    const out = linear('final_layer.linear')(nn.silu(norm(x)))
    // the same values in another order: the mean does not depend on it
    return np.square(out.sub(tokens(c.channels)(target))).mean()
  }
}
