/** What specs and laws of products share: numbers that follow from a seed, forms to try, comparison with `cpu`. */
import type { KernelName } from '../../../backends/wasm/features.ts'
import { kernelStatuses, requestedKernel, wasmBackend } from '../../../backends/wasm/index.ts'
import { evaluate } from '../../../src/lower/compile.ts'
import type { Backend, Named } from '../../../src/plan/backend.ts'
import type { Tensor } from '../../../src/tensor/ops.ts'

/** Every form of the product, or the one that the environment asks for; with the reason to skip it, if there is one. */
export const formsToTry = async (): Promise<readonly { readonly name: KernelName; readonly skip: string | false }[]> =>
  (await kernelStatuses())
    .filter(({ name }) => requestedKernel === undefined || requestedKernel === name)
    .map(({ name, why }) => ({ name, skip: why ?? false }))

/** Numbers of [-1, 1) that follow from a seed. */
export const numbers = (seed: number, n: number): Float64Array => {
  let s = seed
  return Float64Array.from({ length: n }, () => {
    s = (Math.imul(s, 1103515245) + 12345) & 0x7fffffff
    return s / 0x40000000 - 1
  })
}

/** Whole numbers, whose sums float32 holds exactly in any order. */
export const whole = (seed: number, n: number): Float64Array => numbers(seed, n).map((x) => Math.round(7 * x))

export const magnitude = (xs: ArrayLike<number>): Float64Array => Float64Array.from(xs, Math.abs)
const largest = (xs: ArrayLike<number>): number => magnitude(xs).reduce((a, b) => Math.max(a, b), 0)

/** The greatest difference of two backends, each tensor in units of the largest number that `scale` has for it. */
export const distance = (a: Named, b: Named, scale: Named = {}): number =>
  Math.max(
    ...Object.entries(a).map(([name, x]) => {
      const y = b[name] ?? new Float64Array()
      return largest(x.map((v, i) => v - (y[i] ?? Number.NaN))) / largest(scale[name] ?? [1])
    }),
  )

/** The same bits. */
export const same = (a: Named, b: Named): boolean =>
  Object.entries(a).every(([name, x]) => x.every((v, i) => Object.is(v, b[name]?.[i])))

export type Outputs = Readonly<Record<string, Tensor>>

export const on = (backend: Backend, threads: number, outputs: Outputs, feeds: Named): Promise<Named> =>
  evaluate(backend, { threads })(outputs, feeds)

/** By a form of wasm, on one thread and on two. */
export const byForm = async (kernel: KernelName, outputs: Outputs, feeds: Named) => {
  const wasm = wasmBackend({ kernel })
  return { single: await on(wasm, 1, outputs, feeds), two: await on(wasm, 2, outputs, feeds) }
}
