/** Windowed softmax attention with a bias through the engine, from a joint qkv as in TMSA, and its gradients. */
import { attention as attend, splitHeads } from '../src/nn/attention.ts'
import { input, type Tensor } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'
import { program, repeats } from './engine.ts'
import { type Context, compare, type Workload } from './workload.ts'

interface Layer {
  readonly name: string
  readonly windows: number
  readonly heads: number
  readonly tokens: number
  /** Per head. */
  readonly width: number
}

const layers: readonly Layer[] = [
  { name: 'image-s at 32 x 32', windows: 1024, heads: 4, tokens: 16, width: 16 },
  { name: 'image-s at 16 x 16', windows: 256, heads: 4, tokens: 16, width: 32 },
  { name: 'latent-s', windows: 16, heads: 6, tokens: 64, width: 32 },
]

const outputs = (l: Layer, gradient: boolean): Readonly<Record<string, Tensor>> => {
  const qkv = input('qkv', [1, l.windows, l.tokens, 3 * l.heads * l.width])
  const bias = input('bias', [l.heads, l.tokens, l.tokens])
  const y = attend(...splitHeads(l.heads)(qkv), bias)
  if (!gradient) return { y }
  const [dqkv = y, dbias = y] = vjp(y, input('dy', y.shape), [qkv, bias])
  return { dqkv, dbias }
}

const run = async (context: Context): Promise<void> => {
  for (const layer of context.smoke ? layers.slice(-1) : layers)
    for (const gradient of [false, true]) {
      const { name, ...sizes } = layer
      const products = gradient ? 6 : 2
      const gflop = (2 * products * layer.windows * layer.heads * layer.tokens ** 2 * layer.width) / 1e9
      const times = context.smoke ? 1 : repeats(gflop)
      await compare(
        context,
        {
          workload: 'attention',
          name: gradient ? `${name}, forward and gradients` : name,
          work: { gflop },
          contestants: [
            ...context.threads.map((n) => program(outputs(layer, gradient), n, times)),
            ...context.peers.operation({ kind: 'attention', ...sizes, gradient }, times),
          ],
        },
        { rounds: 4, steps: 4, warmup: 2 },
      )
    }
}

export const attention: Workload = { about: 'windowed softmax attention with a bias, 16 images', run }
