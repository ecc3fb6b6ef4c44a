/**
 * 3 x 3 convolutions and both of their gradients through the engine, including padding and staging, whichever algorithm
 * the backend uses. GFLOPS always count the operations of the direct convolution.
 */
import { conv, input, type Tensor } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'
import { program, repeats } from './engine.ts'
import { type Context, compare, emitLimits, type Workload } from './workload.ts'

interface Layer {
  readonly size: number
  readonly from: number
  readonly to: number
}

const batch = 16
const same = { stride: [1, 1], dilation: [1, 1], lhsDilation: [1, 1], low: [1, 1], high: [1, 1] }

/** The most expensive convolutions of `image-s`, its tokenizer and its head. */
const layers: readonly Layer[] = [
  { size: 32, from: 64, to: 64 },
  { size: 32, from: 128, to: 64 },
  { size: 16, from: 128, to: 128 },
  { size: 16, from: 256, to: 128 },
  { size: 8, from: 128, to: 128 },
  { size: 32, from: 3, to: 64 },
  { size: 32, from: 64, to: 3 },
]

const parts = ['output', 'input', 'weight'] as const
type Part = (typeof parts)[number]
const names: Readonly<Record<Part, string>> = {
  output: '',
  input: ', input gradient',
  weight: ', weight gradient',
}

const tensorOf = (part: Part, { size, from, to }: Layer): Tensor => {
  const [x, w] = [input('x', [batch, size, size, from]), input('w', [3, 3, from, to])]
  const y = conv(same)(x, w)
  if (part === 'output') return y
  const [gradient = y] = vjp(y, input('dy', y.shape), [part === 'input' ? x : w])
  return gradient
}

const run = async (context: Context): Promise<void> => {
  await emitLimits(context, 'conv3x3')
  for (const layer of context.smoke ? layers.slice(4, 5) : layers)
    for (const of of parts) {
      const gflop = (2 * 9 * batch * layer.size ** 2 * layer.from * layer.to) / 1e9
      const times = context.smoke ? 1 : repeats(gflop)
      await compare(
        context,
        {
          workload: 'conv3x3',
          name: `${layer.size} x ${layer.size} x ${layer.from} -> ${layer.to}${names[of]}`,
          work: { gflop },
          contestants: [
            ...context.threads.map((n) => program({ out: tensorOf(of, layer) }, n, times)),
            ...[false, true].flatMap((channels_last) =>
              context.peers.operation({ kind: 'conv', of, batch, channels_last, ...layer }, times),
            ),
          ],
        },
        { rounds: 3, steps: 4, warmup: 1 },
      )
    }
}

export const conv3x3: Workload = { about: '3 x 3 convolutions of 16 images and both gradients, in GFLOPS', run }
