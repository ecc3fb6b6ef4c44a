/** TensorFlow.js with its wasm backend, which has one thread in Node; products only: it cannot train these models. */
import { type Library, prepared } from './libraries.ts'

export const tfjs = async (): Promise<Library> => {
  const tf = await import('@tensorflow/tfjs-core')
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm')
  if (!(await tf.setBackend('wasm'))) throw new Error('its wasm backend does not start')
  const threads = Math.max(1, getThreadsCount())
  return {
    name: `tfjs 4.22.0, wasm, ${threads} thread${threads === 1 ? '' : 's'}`,
    product: ({ a, b, transpose }, times) => [
      prepared('tfjs', threads, times, async () => {
        const [x, y] = [tf.randomNormal([...a]), tf.randomNormal([...b])]
        return {
          act: () => tf.matMul(x, y, transpose === 'a', transpose === 'b').dispose(),
          stop: () => {
            for (const tensor of [x, y]) tensor.dispose()
          },
        }
      }),
    ],
  }
}
