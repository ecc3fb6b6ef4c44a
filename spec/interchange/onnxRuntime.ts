/** Runs ONNX files with onnxruntime's WebAssembly build; not a test. */
import { InferenceSession, Tensor } from 'onnxruntime-web'
import type { Shape } from '../../src/tensor/shape.ts'

/** An array and its shape. */
export interface Fed {
  readonly shape: Shape
  readonly values: Float32Array
}

/** What a runtime found of a file. */
export interface Opened {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly run: (feeds: Readonly<Record<string, Fed>>) => Promise<Readonly<Record<string, Fed>>>
}

/** @param data files beside the model, by name */
export const opened = async (model: Uint8Array, data: Readonly<Record<string, Uint8Array>> = {}): Promise<Opened> => {
  const session = await InferenceSession.create(model, {
    executionProviders: ['wasm'],
    externalData: Object.entries(data).map(([path, bytes]) => ({ path, data: bytes })),
  })
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds) => {
      const results = await session.run(
        Object.fromEntries(
          Object.entries(feeds).map(([name, { shape, values }]) => [name, new Tensor('float32', values, shape)]),
        ),
      )
      return Object.fromEntries(
        Object.entries(results).map(([name, { data: values, dims }]) => {
          if (!(values instanceof Float32Array)) throw new Error(`${name} is not float32`)
          return [name, { shape: dims, values }]
        }),
      )
    },
  }
}
