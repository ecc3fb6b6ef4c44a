/**
 * Classifier-free guidance (Ho and Salimans 2022): D = D_u + w (D_c - D_u). Because eps = (x - D) / s, it is the same
 * with the same w in terms of eps. Law: w = 1 gives the conditional, w = 0 the unconditional output.
 */
export const guide =
  (w: number) =>
  (unconditional: Float64Array, conditional: Float64Array): Float64Array =>
    conditional.map((c, i) => {
      const u = unconditional[i] ?? Number.NaN
      return u + w * (c - u)
    })
