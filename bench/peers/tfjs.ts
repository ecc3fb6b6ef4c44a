/** TensorFlow.js with its wasm backend, which has one thread in Node; products only: it cannot train these models. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Library, prepared } from './library.ts'

export const tfjs = async (): Promise<Library> => {
  const tf = await import('@tensorflow/tfjs-core')
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm')
  if (!(await tf.setBackend('wasm'))) throw new Error('its wasm backend failed to start')
  const turned = (x: Tensor): Tensor =>
    tf.transpose(x, [...x.shape.keys()].slice(0, -2).concat(x.shape.length - 1, x.shape.length - 2))
  const threads = Math.max(1, getThreadsCount())
  return {
    name: `tfjs 4.22.0, wasm, ${threads} thread${threads === 1 ? '' : 's'}`,
    product: ({ a, b, transpose }, times) => [
      prepared('tfjs', threads, times, async () => {
        const [x, y] = [tf.randomNormal([...a]), tf.randomNormal([...b])]
        return {
          // transposing first is many times faster than its own matMul(x, y, true, false)
          act: () =>
            tf.tidy(() => {
              const [p, q] = [transpose === 'a' ? turned(x) : x, transpose === 'b' ? turned(y) : y]
              tf.matMul(p, q)
            }),
          stop: () => {
            for (const tensor of [x, y]) tensor.dispose()
          },
        }
      }),
    ],
  }
}
