/** The agreement law: a backend computes what `cpu` computes, within float32 accuracy. */
import { cpu } from '../../backends/cpu/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import type { Backend, Named } from '../../src/plan/backend.ts'
import type { Tensor } from '../../src/tensor/tensor.ts'

/** Absolute floor of the relative error, since results near 0 may be sums of larger terms. */
const floor = 0.05

/** The largest difference relative to the largest value of the list; infinite if a value is missing or NaN. */
export const distance = (found: ArrayLike<number> = [], expected: ArrayLike<number> = []): number => {
  const scale = Math.max(floor, ...Array.from(expected, Math.abs))
  const worst = Array.from(expected).reduce((most, x, i) => {
    const error = Math.abs(x - (found[i] ?? Number.NaN)) / scale
    return error <= most ? most : Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }, 0)
  return found.length === expected.length ? worst : Number.POSITIVE_INFINITY
}

/** An Error names the output that disagrees. */
export const compare = (found: Named, expected: Named, tolerance: number): void => {
  for (const [name, numbers] of Object.entries(expected)) {
    const by = distance(found[name], numbers)
    if (!(by <= tolerance))
      throw new Error(
        `${name} differs from cpu by ${by.toExponential(1)} of its largest number, more than ${tolerance}`,
      )
  }
}

/** Rounding errors of a few operations, the kernels of one expression. */
export const fewRoundings = 2e-5

/** Evaluates on both; `inputs` are fed and may be unused. */
export const agrees =
  (backend: Backend, tolerance = fewRoundings) =>
  async (outputs: Readonly<Record<string, Tensor>>, feeds: Named, inputs: readonly Tensor[] = []): Promise<void> => {
    // both backends get the same float32 inputs
    const given = Object.fromEntries(
      Object.entries(feeds).map(([name, x]) => [name, Float64Array.from(x, Math.fround)]),
    )
    compare(await evaluate(backend)(outputs, given, inputs), await evaluate(cpu)(outputs, given, inputs), tolerance)
  }
