/**
 * jax-js on WebAssembly (its fastest backend in Node, single-threaded for lack of Worker): jitted products, and the loss and gradient of latent models (jaxStep.ts).
 */
import { fold, key, normal } from '../../src/random/key.ts'
import { size } from '../../src/tensor/shape.ts'
import { jaxStep } from './jaxStep.ts'
import { type Library, prepared } from './library.ts'

/** Node before 21 has no navigator, from which jax-js reads the number of processors. */
const withNavigator = (): void => {
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { hardwareConcurrency: 1 } })
}

export const jax = async (): Promise<Library> => {
  withNavigator()
  const library = await import('@jax-js/jax')
  const { defaultDevice, init, jit, numpy } = library
  await init()
  defaultDevice('wasm')
  const random = (shape: readonly number[], seed: number) =>
    numpy.array(Float32Array.from(normal(fold(key(0), seed), size(shape))), { shape: [...shape] })
  return {
    name: 'jax-js 0.1.25, wasm, 1 thread',
    trainingStep: (config, batch) => jaxStep(library, config, batch),
    product: ({ a, b, transpose }, times) => [
      prepared('jax-js', 1, times, async () => {
        const [x, y] = [random(a, 0), random(b, 1)]
        const turned = (array: typeof x, turn: boolean): typeof x => (turn ? numpy.swapaxes(array, -1, -2) : array)
        const product = jit((p: typeof x, q: typeof x) =>
          numpy.matmul(turned(p, transpose === 'a'), turned(q, transpose === 'b')),
        )
        return {
          act: async () => {
            const out = product(x.ref, y.ref)
            await out.blockUntilReady()
            out.dispose()
          },
          stop: () => {
            for (const array of [x, y]) array.dispose()
          },
        }
      }),
    ],
  }
}
