/** Layer norms without parameters and their gradients through the engine. Bytes are counted once per element. */
import { input, normalise, type Tensor } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'
import { program } from './engine.ts'
import { type Context, compare, type Workload } from './workload.ts'

/** Rows and width: every token of 16 images at the three levels of `image-s`, and in `latent-s`. */
const sizes: readonly (readonly [rows: number, width: number])[] = [
  [16384, 64],
  [4096, 128],
  [1024, 128],
  [1024, 192],
]

const output = (rows: number, width: number, gradient: boolean): Tensor => {
  const x = input('x', [rows, width])
  const y = normalise([-1], 1e-6)(x)
  const [dx = y] = gradient ? vjp(y, input('dy', y.shape), [x]) : [y]
  return dx
}

const run = async (context: Context): Promise<void> => {
  for (const [rows, width] of context.smoke ? sizes.slice(-1) : sizes)
    for (const gradient of [false, true]) {
      const tensors = gradient ? 3 : 2
      const times = context.smoke ? 1 : 16
      await compare(
        context,
        {
          workload: 'layernorm',
          name: `${rows} x ${width}${gradient ? ', gradient' : ''}`,
          work: { gbyte: (4 * tensors * rows * width) / 1e9 },
          contestants: [
            ...context.threads.map((n) => program({ y: output(rows, width, gradient) }, n, times)),
            ...context.peers.operation({ kind: 'layernorm', rows, width, gradient }, times),
          ],
        },
        { rounds: 4, steps: 4, warmup: 2 },
      )
    }
}

export const layernorm: Workload = { about: 'layer norms and their gradients, in GB/s', run }
