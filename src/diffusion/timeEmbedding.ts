/**
 * The sinusoidal embedding of a network's time input (Vaswani et al. 2017), computed on the host in float64: cosines,
 * then sines, with frequencies 10000^(-i / half). Backends never compute it: float32 cosines of large arguments are wrong
 * in the fifth digit.
 */
const maxPeriod = 10000

/**
 * The sinusoids of a time: cosines, then sines, [width].
 * @param width even
 */
export const timeEmbedding =
  (width: number) =>
  (t: number): Float64Array => {
    const half = width / 2
    const angle = (i: number): number => t * Math.exp((-Math.log(maxPeriod) * i) / half)
    return Float64Array.from({ length: width }, (_, i) => (i < half ? Math.cos(angle(i)) : Math.sin(angle(i - half))))
  }
