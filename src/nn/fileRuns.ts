/**
 * A parameter's elements as they stand in its file, run by run, so that a file is read into theta, and theta written into a file,
 * slice by slice: nothing of a parameter's size is allocated. `filePositions` (parameter.ts) is the same the other way round,
 * all at once.
 *
 * Law: in slices or at once, an element of the file is the engine's element that `filePositions` puts there.
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

/**
 * Elements of a file that are evenly spaced in the engine: `count` from `file` on are the engine's `engine`, `engine + step`, ..; and
 * so are those of the next `rows - 1` rows, `fileRow` further on in the file and `engineRow` in the engine.
 */
type Visit = (file: number, engine: number, step: number, count: number, rows: Rows) => void
interface Rows {
  readonly rows: number
  readonly fileRow: number
  readonly engineRow: number
}
const oneRow: Rows = { rows: 1, fileRow: 0, engineRow: 0 }

/** Calls `visit` so that the elements from..to of a file are each in one of its calls. */
export const fileRuns = (parameter: Leaf['parameter']) => {
  const { axes, first } = axesOf(parameter)
  const [slowest, outer, fastest] = [axes[0], axes.slice(0, -1), axes.at(-1)]
  const inOrder = (from: number, to: number, visit: Visit, rows: Rows = oneRow): void => {
    for (let file = from; file < to; ) {
      let [rest, engine] = [file, first]
      for (const { stride, step } of outer) {
        const place = Math.floor(rest / stride)
        rest -= place * stride
        engine += place * step
      }
      const step = fastest === undefined ? 1 : fastest.step
      const count = Math.min((fastest === undefined ? 1 : fastest.size) - rest, to - file)
      visit(file, engine + rest * step, step, count, rows)
      file += count
    }
  }
  return (from: number, to: number, visit: Visit): void => {
    // rows together: the file's slowest axis is often the engine's fastest, and memory likes neighbours
    const row = slowest === undefined || axes.length < 2 ? Number.POSITIVE_INFINITY : slowest.stride
    const [begin, end] = [Math.ceil(from / row) * row, Math.floor(to / row) * row]
    if (slowest === undefined || !(end - begin >= 2 * row)) inOrder(from, to, visit)
    else {
      inOrder(from, begin, visit)
      inOrder(begin, begin + row, visit, { rows: (end - begin) / row, fileRow: row, engineRow: slowest.step })
      inOrder(end, to, visit)
    }
  }
}

/** Puts elements `from` to `from + values.length` of a parameter's file into theta [P]. */
export const scatterFile = (theta: Numbers, { start, parameter }: Leaf) => {
  const runs = fileRuns(parameter)
  return (from: number, values: Numbers): void =>
    runs(from, from + values.length, (file, engine, step, count, { rows, fileRow, engineRow }) => {
      for (let i = 0; i < count; i++) {
        const [to, at] = [start + engine + i * step, file - from + i]
        for (let k = 0; k < rows; k++) theta[to + k * engineRow] = values[at + k * fileRow] ?? Number.NaN
      }
    })
}

/** Fills `out` with elements `from` to `from + out.length` of a parameter's file. */
export const gatherFile = (theta: Numbers, { start, parameter }: Leaf) => {
  const runs = fileRuns(parameter)
  return (from: number, out: Numbers): void =>
    runs(from, from + out.length, (file, engine, step, count, { rows, fileRow, engineRow }) => {
      for (let i = 0; i < count; i++) {
        const [at, to] = [start + engine + i * step, file - from + i]
        for (let k = 0; k < rows; k++) out[to + k * fileRow] = theta[at + k * engineRow] ?? Number.NaN
      }
    })
}
