/**
 * A parameter's elements in the order of its file, run by run, so that a file is read into theta, and theta written into a file,
 * slice by slice: nothing of a parameter's size is allocated. `filePositions` (parameter.ts) is the same the other way round,
 * all at once.
 *
 * Laws: the runs of 0..size are those of any slices, joined; element `file` of the file is the engine's element that
 * `filePositions` puts there.
 */
import { at } from '../tensor/axes.ts'
import { strides } from '../tensor/shape.ts'
import type { Leaf } from './spec.ts'

type Numbers = Float32Array | Float64Array

/** An axis as the file counts it. */
interface Axis {
  readonly size: number
  /** Elements of the file from one place to the next. */
  readonly stride: number
  /** Elements of the engine from one place to the next, negative where the engine counts backwards. */
  readonly step: number
}

/** From the file's slowest axis to its fastest, and the engine's element of the file's first. */
const axesOf = ({ shape, file }: Leaf['parameter']): { readonly axes: readonly Axis[]; readonly first: number } => {
  const engine = strides(shape)
  const all = shape.flatMap((size, i) => (size === 1 ? [] : [{ size, by: at(file.strides, i), step: at(engine, i) }]))
  return {
    axes: all
      .map(({ size, by, step }) => ({ size, stride: Math.abs(by), step: by < 0 ? -step : step }))
      .sort((a, b) => b.stride - a.stride),
    first: all.reduce((from, { size, by, step }) => (by < 0 ? from + (size - 1) * step : from), 0),
  }
}

/** Calls `visit` with the elements from..to of a file, in their order: `count` from `file` on are the engine's `engine`, `engine + step`, .. */
export const fileRuns = (parameter: Leaf['parameter']) => {
  const { axes, first } = axesOf(parameter)
  const [outer, fastest] = [axes.slice(0, -1), axes.at(-1)]
  return (
    from: number,
    to: number,
    visit: (file: number, engine: number, step: number, count: number) => void,
  ): void => {
    for (let file = from; file < to; ) {
      let [rest, engine] = [file, first]
      for (const { stride, step } of outer) {
        const place = Math.floor(rest / stride)
        rest -= place * stride
        engine += place * step
      }
      const step = fastest === undefined ? 1 : fastest.step
      const count = Math.min((fastest === undefined ? 1 : fastest.size) - rest, to - file)
      visit(file, engine + rest * step, step, count)
      file += count
    }
  }
}

/** Puts elements `from` to `from + values.length` of a parameter's file into theta [P]. */
export const scatterFile = (theta: Numbers, { start, parameter }: Leaf) => {
  const runs = fileRuns(parameter)
  return (from: number, values: Numbers): void =>
    runs(from, from + values.length, (file, engine, step, count) => {
      for (let i = 0; i < count; i++) theta[start + engine + i * step] = values[file - from + i] ?? Number.NaN
    })
}

/** Fills `out` with elements `from` to `from + out.length` of a parameter's file. */
export const gatherFile = (theta: Numbers, { start, parameter }: Leaf) => {
  const runs = fileRuns(parameter)
  return (from: number, out: Numbers): void =>
    runs(from, from + out.length, (file, engine, step, count) => {
      for (let i = 0; i < count; i++) out[file - from + i] = theta[start + engine + i * step] ?? Number.NaN
    })
}
