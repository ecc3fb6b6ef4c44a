/**
 * The test of a kernel variant before use: the microkernel of every walk and number of rows, and one transform, compared
 * with scalar loops.
 */
import { type Form, maxRows, microkernelName, microkernels, runWords, walkNames, walks } from './microkernel.ts'
import { transform, transformName } from './transformCode.ts'
import { matrices, side } from './winogradMatrices.ts'

const rowCounts = Array.from({ length: maxRows }, (_, i) => i + 1)
const kernels = walkNames.flatMap((walk) => rowCounts.map((rows) => ({ walk, rows })))

/** The transform of input blocks: the largest matrix. */
const tried = 'input'

/** A module of everything tested, exported by name without the dollar sign, with its memory. */
export const trialText = (form: Form): string => {
  const names = [...kernels.map(({ walk, rows }) => microkernelName(walk, rows)), transformName(tried)]
  const exported = names.map((name) => `(export "${name.slice(1)}" (func ${name}))`)
  return [
    '(module (memory (export "memory") 1)',
    microkernels(form, walkNames),
    transform(tried, form.madd),
    ...exported,
    ')',
  ].join('\n')
}

type Exports = WebAssembly.Instance['exports']

/** Calls of an export; false where there is none. */
const call = (exports: Exports, name: string, ...calls: readonly (readonly number[])[]): boolean => {
  const f = exports[name.slice(1)]
  if (typeof f !== 'function') return false
  for (const args of calls) f(...args)
  return true
}

/**
 * Small integers, whose products are exact in any order, fused or not: two groups of rows, run twice, the second time
 * accumulating.
 */
const multiplies = (
  { width }: Form,
  exports: Exports,
  memory: WebAssembly.Memory,
  { walk, rows }: (typeof kernels)[number],
): boolean => {
  const { beside } = walks[walk]
  const [k, groups] = [7, 2]
  const [a, b, c, rowsA, rowsC, run] = [1024, 4096, 8192, 0, 64, 128]
  const stepA = beside ? 4 * maxRows : 4
  /** Offset of a row of a: groups in panels of `maxRows`, or one after another. */
  const row = (r: number): number => (beside ? stepA * k * Math.floor(r / rows) + 4 * (r % rows) : stepA * k * r)
  const integers = new Int32Array(memory.buffer)
  const floats = new Float32Array(memory.buffer)
  for (let r = 0; r < groups * rows; r++) {
    integers[rowsA / 4 + r] = row(r)
    integers[rowsC / 4 + r] = 4 * width * r
    for (let i = 0; i < k; i++) floats[(a + row(r) + stepA * i) / 4] = (r * 3 + i * 5) % 11
  }
  for (let i = 0; i < k * width; i++) floats[b / 4 + i] = (i * 7) % 13
  integers.set([0, 0, k], run / 4)
  const args = (accumulate: number): readonly number[] => [
    ...[rowsA, a, b, rowsC, c, run, run + 4 * runWords],
    ...[stepA, 4 * width, accumulate, groups],
  ]
  if (!call(exports, microkernelName(walk, rows), args(0), args(1))) return false
  return Array.from({ length: groups * rows * width }, (_, i) => i).every((i) => {
    const [r, j] = [Math.floor(i / width), i % width]
    let sum = 0
    for (let t = 0; t < k; t++) sum += ((r * 3 + t * 5) % 11) * (((t * width + j) * 7) % 13)
    return floats[c / 4 + i] === 2 * sum
  })
}

/** Integer blocks for 16 channels. The matrix has roots, so sums are exact to a few roundings. */
const transforms = (exports: Exports, memory: WebAssembly.Memory): boolean => {
  const [from, to, channels] = [16384, 32768, 16]
  const floats = new Float32Array(memory.buffer)
  const x = (row: number, column: number, channel: number): number => ((row * side + column) * 5 + channel * 3) % 13
  const at = (row: number, column: number, channel: number): number => (row * side + column) * channels + channel
  const each = Array.from({ length: side }, (_, i) => i)
  const all = each.flatMap((row) =>
    each.flatMap((column) => Array.from({ length: channels }, (_, c) => [row, column, c])),
  )
  for (const [row = 0, column = 0, c = 0] of all) floats[from / 4 + at(row, column, c)] = x(row, column, c)
  const [row, column] = [4 * side * channels, 4 * channels]
  if (!call(exports, transformName(tried), [from, row, column, to, row, column, channels / 8])) return false
  const m = matrices[tried]
  return all.every(([i = 0, j = 0, c = 0]) => {
    let [sum, size] = [0, 0]
    for (const y of each)
      for (const z of each) {
        const term = (m[i]?.[y] ?? 0) * x(y, z, c) * (m[j]?.[z] ?? 0)
        sum += term
        size += Math.abs(term)
      }
    return Math.abs((floats[to / 4 + at(i, j, c)] ?? Number.NaN) - sum) <= 1e-6 * size
  })
}

/** Whether a module of `trialText` computes correct results. */
export const passes = (form: Form, exports: Exports): boolean => {
  const { memory } = exports
  return (
    memory instanceof WebAssembly.Memory &&
    kernels.every((kernel) => multiplies(form, exports, memory, kernel)) &&
    transforms(exports, memory)
  )
}
