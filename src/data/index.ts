/** `diffit/data`: data sets of images. */
export { type Example, examples } from './batches.ts'
export { type Dataset, dataset } from './dataset.ts'
export { open } from './open.ts'
