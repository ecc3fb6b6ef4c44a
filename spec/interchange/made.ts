/**
 * Files of parameters that tests make, at full size too: normal numbers of one block, from another place on for each tensor, of
 * the size that parameters have; not a test.
 */
import { element } from '../../src/codec/element.ts'
import type { ParameterDtype } from '../../src/interchange/written.ts'
import type { MadeTensor } from '../../src/io/tensorFile.ts'
import { key, normal } from '../../src/random/key.ts'

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
/** As many as no size of a tensor divides. */
const length = 65521
const block = Float32Array.from(normal(key(5), length))

/** Of a vector about 0.5 in size, of a matrix such that it keeps the size of its input. */
const scaleOf = (shape: readonly number[]): number => (shape.length < 2 ? 0.5 : 1 / Math.sqrt(size(shape.slice(1))))

const placeOf = (name: string): number =>
  Array.from(name).reduce((h, c) => (h * 31 + (c.codePointAt(0) ?? 0)) % length, 7)

function* slicesOf(shape: readonly number[], name: string): Generator<Float32Array, void> {
  const [n, scale, place] = [size(shape), scaleOf(shape), placeOf(name)]
  for (let from = 0; from < n; from += length)
    yield Float32Array.from(
      { length: Math.min(length, n - from) },
      (_, i) => scale * (block[(place + i + from / length) % length] ?? Number.NaN),
    )
}

/** A tensor of a file. @param seed the name that its values depend on */
export const madeTensor = (
  name: string,
  shape: readonly number[],
  dtype: ParameterDtype,
  seed: string = name,
): MadeTensor => ({ name, shape, dtype, slices: () => slicesOf(shape, seed) })

/** The fixed tensors of DiffiT, by formulas of their own; null for any other tensor. */
export const fixedTensor = (name: string, shape: readonly number[], dtype: ParameterDtype): MadeTensor | null => {
  const [, tokens = 0, width = 0] = shape
  const grid = Math.sqrt(name === 'pos_embed' ? tokens : element(shape, 0))
  if (name.endsWith('relative_position_index')) {
    const of = (i: number) => ({ y: Math.floor(i / grid), x: i % grid })
    const values = Float64Array.from({ length: grid ** 4 }, (_, i) => {
      const [q, k] = [of(Math.floor(i / grid ** 2)), of(i % grid ** 2)]
      return (q.y - k.y + grid - 1) * (2 * grid - 1) + (q.x - k.x + grid - 1)
    })
    return { name, shape, dtype: 'I64', slices: () => [values] }
  }
  if (name !== 'pos_embed') return null
  const quarter = width / 4
  const values = Float64Array.from({ length: tokens * width }, (_, i) => {
    const [token, j] = [Math.floor(i / width), i % width]
    const place = j < width / 2 ? token % grid : Math.floor(token / grid)
    const angle = place / 10000 ** ((j % quarter) / quarter)
    return j % (width / 2) < quarter ? Math.sin(angle) : Math.cos(angle)
  })
  return { name, shape, dtype, slices: () => [values] }
}
