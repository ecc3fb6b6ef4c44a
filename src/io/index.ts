/**
 * `diffit/io`: files in and out. Tensors as safetensors (`load`, `save`; in memory `decode`, `encode`, which pages have
 * too), pictures in a grid as PNG, loss curves as SVG. Everything is a TaskEither or an Either whose Left is one sentence.
 */
export { readBytes, writeAtomic } from './atomic.ts'
export type { DtypeName } from './dtype.ts'
export type { NpyArray } from './npy.ts'
export { loadNpz, type Npz, saveNpz } from './npz.ts'
export { type Frame, type LossRow, lossCurve, rasterise } from './plot.ts'
export { type Grid, grid, type Row } from './png.ts'
export { decode, encode, type SafeTensors, type Stored, type Writable } from './safetensors.ts'
export { load, loadMetadata, save } from './safetensorsFile.ts'
export {
  type MadeTensor,
  type Slice,
  saveTensors,
  type TensorEntry,
  type TensorFile,
  withTensors,
} from './tensorFile.ts'
