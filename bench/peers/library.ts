/** A JavaScript peer: the operations that it can be timed on. */
import * as E from 'fp-ts/lib/Either.js'
import { type Contestant, each } from '../harness.ts'

/** a @ b over the last two axes, one of them transposed. */
export interface Product {
  readonly a: readonly number[]
  readonly b: readonly number[]
  readonly transpose: 'a' | 'b' | 'none'
}

export interface Library {
  readonly name: string
  readonly product: (product: Product, times: number) => readonly Contestant[]
  /** Null for a configuration that the library cannot express. */
  readonly trainingStep?: (config: unknown, batch: number) => readonly Contestant[]
}

/** Operations that are started by a call and done when its result is ready. */
export const prepared = (
  by: string,
  threads: number,
  times: number,
  prepare: () => Promise<{ readonly act: () => unknown; readonly stop: () => void }>,
): Contestant => ({
  by,
  threads,
  start: async () => {
    const { act, stop } = await prepare()
    const several = async (): Promise<void> => {
      for (let i = 0; i < times; i++) await act()
    }
    return E.right({
      steps: async (n) => (await each(n, several)).map((ms) => ms / times),
      facts: {},
      stop: async () => stop(),
    })
  },
})
