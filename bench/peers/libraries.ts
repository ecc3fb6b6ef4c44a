/** The peers in JavaScript: packages of bench/peers, which `npm run bench:peers` installs. */
import * as E from 'fp-ts/lib/Either.js'
import { type Contestant, each } from '../harness.ts'
import { jax } from './jax.ts'
import type { Product } from './peers.ts'
import { tfjs } from './tfjs.ts'

export interface Library {
  readonly name: string
  readonly product: (product: Product, times: number) => readonly Contestant[]
  /** Nothing for a configuration that the library does not express. */
  readonly trainingStep?: (config: unknown, batch: number) => readonly Contestant[]
}

/** Operations that are started by calling and are done when what they give is. */
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

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'

const opened: Readonly<Record<string, () => Promise<Library>>> = { 'jax-js': jax, tfjs }

/** Those that are installed and start; for each other one a line that says why it is left out. */
export const libraries = async (say: (text: string) => void): Promise<readonly Library[]> => {
  const found: Library[] = []
  const missing: string[] = []
  for (const [name, open] of Object.entries(opened))
    try {
      found.push(await open())
    } catch (error) {
      if (isMissing(error)) missing.push(name)
      else say(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`)
    }
  if (missing.length > 0) say(`${missing.join(' and ')} left out: not installed (npm run bench:peers installs them)`)
  if (found.length > 0) say(`Beside it: ${found.map((library) => library.name).join('; ')}`)
  return found
}
