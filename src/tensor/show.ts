/** Numbers as NumPy prints them: nested brackets, aligned columns, '...' in the place of what is too long to read. */
import { at, range } from './axes.ts'
import { type Shape, size, strides } from './shape.ts'

/** Row-major numbers with their shape, as a run gives its outputs. */
export interface Shown extends ArrayLike<number> {
  readonly shape: Shape
}

/** More elements than this are cut to so many at each end of an axis; digits after the point; characters in a line. */
const [threshold, ends, digits, width] = [1000, 3, 8, 75]

/** Places of an axis that are printed, null where '...' stands. */
const printed = (n: number, cut: boolean): readonly (number | null)[] =>
  cut && n > 2 * ends ? [...range(ends), null, ...range(ends, n - ends)] : range(n)

const word = (x: number): string | null =>
  Number.isNaN(x) ? 'nan' : Number.isFinite(x) ? null : x < 0 ? '-inf' : 'inf'

const trimmed = (text: string): string => text.replace(/0+$/, '')

const fixed = (x: number): string => trimmed((Object.is(x, -0) ? '-0.' : x.toFixed(digits)).padEnd(2, '.'))

const scientific = (fraction: number) => (x: number) => {
  const [mantissa = '', exponent = '0'] = x.toExponential(fraction).split('e')
  const power = Math.abs(Number(exponent)).toString().padStart(2, '0')
  return `${mantissa}${mantissa.includes('.') ? '' : '.'}e${Number(exponent) < 0 ? '-' : '+'}${power}`
}

/** Digits after the point that a number needs in scientific notation. */
const needed = (x: number): number => {
  const [mantissa = ''] = x.toExponential(digits).split('e')
  return trimmed(mantissa).length - trimmed(mantissa).indexOf('.') - 1
}

/** One text a number, all equally wide. */
const aligned = (xs: readonly number[]): readonly string[] => {
  const sizes = xs.filter((x) => Number.isFinite(x) && x !== 0).map(Math.abs)
  const [most, least] = [Math.max(0, ...sizes), Math.min(...sizes)]
  const large = most >= 1e8 || (sizes.length > 0 && (least < 1e-4 || most / least > 1000))
  const format = large ? scientific(Math.max(0, ...xs.filter(Number.isFinite).map(needed))) : fixed
  const parts = xs.map((x) => {
    const [whole = '', fraction = ''] = (word(x) ?? format(x)).split(/(?<=\.)/)
    return { whole, fraction }
  })
  const after = Math.max(...parts.map((p) => p.fraction.length))
  const texts = parts.map((p) => p.whole + (word(Number(p.whole)) === null ? p.fraction.padEnd(after) : ''))
  const wide = Math.max(...texts.map((t) => t.length))
  return texts.map((t) => t.padStart(wide))
}

/** `[[1. 2.]\n [3. 4.]]`; a number of shape [] stands alone, `3.0`. */
export const show = (values: Shown): string => {
  const { shape } = values
  const cut = size(shape) > threshold
  const steps = strides(shape)
  const offsets = shape.reduce<readonly number[]>(
    (all, n, axis) => all.flatMap((o) => printed(n, cut).flatMap((i) => (i === null ? [] : [o + i * at(steps, axis)]))),
    [0],
  )
  const texts = aligned(offsets.map((o) => values[o] ?? Number.NaN))
  if (shape.length === 0) return at(texts, 0).replace(/\.$/, '.0')
  const textAt = new Map(offsets.map((o, i) => [o, at(texts, i)]))
  const row = (items: readonly string[], indent: string): string =>
    items.reduce<{ readonly text: string; readonly line: number }>(
      ({ text, line }, item, i) => {
        if (i === 0) return { text: item, line: indent.length + item.length }
        return line + 1 + item.length > width - 1
          ? { text: `${text}\n${indent}${item}`, line: indent.length + item.length }
          : { text: `${text} ${item}`, line: line + 1 + item.length }
      },
      { text: '', line: 0 },
    ).text
  const block = (axis: number, offset: number): string => {
    if (axis === shape.length) return textAt.get(offset) ?? '...'
    const items = printed(at(shape, axis), cut).map((i) =>
      i === null ? '...' : block(axis + 1, offset + i * at(steps, axis)),
    )
    const indent = ' '.repeat(axis + 1)
    const deeper = shape.length - axis - 1
    return `[${deeper === 0 ? row(items, indent) : items.join(`${'\n'.repeat(deeper)}${indent}`)}]`
  }
  return block(0, 0)
}
