/** Fixed position embeddings of tokens on a grid: computed on the host in float64, not parameters. */

/** Sines, then cosines of p 10000^(-i / half), [width]. */
const sincos = (width: number, p: number): readonly number[] => {
  const half = width / 2
  const angle = (i: number): number => p * 10000 ** (-i / half)
  return Array.from({ length: width }, (_, i) => (i < half ? Math.sin(angle(i)) : Math.cos(angle(i - half))))
}

/**
 * Tokens of a grid of side x side in row-major order -> [side side, width]: the first half of a row encodes the column,
 * the second half the row. RangeError where the width is no multiple of 4.
 */
export const sincos2d = (width: number, side: number): Float64Array => {
  if (!(Number.isSafeInteger(width) && width >= 4 && width % 4 === 0))
    throw new RangeError(`sincos2d: a width of ${width}, expected a multiple of 4`)
  return Float64Array.from(
    Array.from({ length: side * side }, (_, token) => [
      ...sincos(width / 2, token % side),
      ...sincos(width / 2, Math.floor(token / side)),
    ]).flat(),
  )
}
