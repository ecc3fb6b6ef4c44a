/** Numbers as NumPy prints them: nested brackets, aligned columns, '...' in the place of what is too long to read. */
import { at, range } from './axes.ts'
import { type Shape, size, strides, text } from './shape.ts'

/** Row-major numbers with their shape, as a run gives its outputs. */
export interface Shaped extends ArrayLike<number> {
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

const fixed = (x: number): string => (Object.is(x, -0) ? '-0.' : trimmed(x.toFixed(digits)))

/** A number's mantissa as text, and its power of ten. */
const parts = (x: number, fraction: number): { readonly mantissa: string; readonly power: number } => {
  const text = x.toExponential(fraction)
  const e = text.indexOf('e')
  return { mantissa: text.slice(0, e), power: Number(text.slice(e + 1)) }
}

const scientific =
  (fraction: number, places: number) =>
  (x: number): string => {
    const { mantissa, power } = parts(x, fraction)
    const point = fraction === 0 ? '.' : ''
    return `${mantissa}${point}e${power < 0 ? '-' : '+'}${Math.abs(power).toString().padStart(places, '0')}`
  }

/** Digits after the point that a number needs in scientific notation. */
const needed = (x: number): number => {
  const mantissa = trimmed(parts(x, digits).mantissa)
  return mantissa.length - 1 - mantissa.indexOf('.')
}

const powerDigits = (x: number): number => Math.abs(parts(x, digits).power).toString().length

/** How each of some numbers is written, so that all are equally wide and their points stand below each other. */
const aligned = (xs: readonly number[]): ((x: number) => string) => {
  const finite = xs.filter(Number.isFinite)
  const sizes = finite.filter((x) => x !== 0).map(Math.abs)
  const [most, least] = [Math.max(...sizes), Math.min(...sizes)]
  const large = sizes.length > 0 && (most >= 1e8 || least < 1e-4 || most / least > 1000)
  const format = large ? scientific(Math.max(0, ...finite.map(needed)), Math.max(2, ...finite.map(powerDigits))) : fixed
  const after = (text: string): number => text.length - text.indexOf('.')
  const longest = Math.max(0, ...finite.map((x) => after(format(x))))
  const text = (x: number): string => {
    const own = word(x)
    if (own !== null) return own
    const number = format(x)
    return number + ' '.repeat(longest - after(number))
  }
  const wide = Math.max(...xs.map((x) => text(x).length))
  return (x) => text(x).padStart(wide)
}

/** Items beside each other, and in a new line where one, or the brackets that close after it, would leave it. */
const row = (items: readonly string[], indent: string): string => {
  const [first = '', ...others] = items
  return others.reduce<{ readonly text: string; readonly length: number }>(
    ({ text, length }, item) => {
      const longer = length + 1 + item.length
      return longer <= width - indent.length
        ? { text: `${text} ${item}`, length: longer }
        : { text: `${text.trimEnd()}\n${indent}${item}`, length: indent.length + item.length }
    },
    { text: first, length: indent.length + first.length },
  ).text
}

/** `[[1. 2.]\n [3. 4.]]`; a number of shape [] stands alone, `3.0`. */
export const show = (values: Shaped): string => {
  const { shape } = values
  const cut = size(shape) > threshold
  const steps = strides(shape)
  const element = (offset: number): number => {
    const x = values[offset]
    if (x === undefined) throw new RangeError(`show: ${values.length} numbers do not fill ${text(shape)}`)
    return x
  }
  const offsets = shape.reduce<readonly number[]>(
    (all, n, axis) => all.flatMap((o) => printed(n, cut).flatMap((i) => (i === null ? [] : [o + i * at(steps, axis)]))),
    [0],
  )
  const format = aligned(offsets.map(element))
  const block = (axis: number, offset: number): string => {
    if (axis === shape.length) return format(element(offset))
    const items = printed(at(shape, axis), cut).map((i) =>
      i === null ? '...' : block(axis + 1, offset + i * at(steps, axis)),
    )
    const indent = ' '.repeat(axis + 1)
    const deeper = shape.length - axis - 1
    return `[${deeper === 0 ? row(items, indent) : items.join(`${'\n'.repeat(deeper)}${indent}`)}]`
  }
  return shape.length === 0 ? block(0, 0).replace(/\.$/, '.0') : block(0, 0)
}
