/** `diffit/io` in a page, which has no files: safetensors in memory. */
export type { DtypeName } from './dtype.ts'
export { decode, encode, type SafeTensors, type Stored, type Writable } from './safetensors.ts'
