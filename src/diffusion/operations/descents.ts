/**
 * The way of RePaint through the noise levels (Lugmayr et al. 2022, arXiv 2201.09865, Algorithm 1 and its jumps): down, back
 * up by noise, down again. Every stretch of `jump` steps is gone through `resample` times; the last step, which ends at the
 * clean image, once, as the paper's.
 */

/** How often each stretch is gone through, and how many steps it has. */
export interface Resampling {
  readonly resample: number
  readonly jump: number
}

/** Levels that are gone through without noise from outside: the places of the first and the last. */
export interface Descent {
  readonly from: number
  readonly to: number
}

/**
 * The descents through so many steps; between two of them noise leads back up. Once is one descent, and n steps become
 * n + (resample - 1)(n - 1). Numbers that are not whole and at least 1 are a RangeError.
 */
export const descentsOf = (steps: number, { resample, jump }: Resampling): readonly Descent[] => {
  for (const [name, n] of Object.entries({ resample, jump }))
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`${name} ${n}: expected a whole number of at least 1`)
  const descents: Descent[] = []
  let from = 0
  for (let begin = 0; begin < steps - 1; begin += jump)
    for (let again = 1; again < resample; again++) {
      descents.push({ from, to: Math.min(begin + jump, steps - 1) })
      from = begin
    }
  return [...descents, { from, to: steps }]
}
