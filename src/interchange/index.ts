/**
 * `diffit/interchange`: parameters in and out. `loadParameters` reads a file of any layout that is known (the reference's, a run's
 * checkpoint, published DiffiT, DiT, diffusers' and latent diffusion's autoencoder) into the flat parameters of the model that it is
 * of, `saveParameters` writes one, `saveOnnx` writes a network as ONNX. Everything is a TaskEither whose Left is one sentence.
 */
export type { Metadata } from './card.ts'
export type { FileTensor, Holds, Layout, Shapes, Weights } from './layout.ts'
export { layouts } from './layouts.ts'
export { type Network, saveOnnx } from './onnx/exportOnnx.ts'
export { loadParameters, type Parameters, type SaveOptions, saveParameters } from './parameters.ts'
export type { ReadOptions } from './source.ts'
export type { ParameterDtype } from './written.ts'
