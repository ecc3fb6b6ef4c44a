/** The JavaScript peers: packages of bench/peers, installed by `npm run bench:peers`. */
import { reason } from '../reason.ts'
import { jax } from './jax.ts'
import type { Library } from './library.ts'
import { tfjs } from './tfjs.ts'

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'

const opened: Readonly<Record<string, () => Promise<Library>>> = { 'jax-js': jax, tfjs }

/** Those that are installed and start; a line for each other one says why it is left out. */
export const libraries = async (say: (text: string) => void): Promise<readonly Library[]> => {
  const found: Library[] = []
  const missing: string[] = []
  for (const [name, open] of Object.entries(opened))
    try {
      found.push(await open())
    } catch (error) {
      if (isMissing(error)) missing.push(name)
      else say(`${name} is left out: ${reason(error)}`)
    }
  if (missing.length > 0) say(`${missing.join(' and ')} left out: not installed (npm run bench:peers installs them)`)
  if (found.length > 0) say(`Compared with: ${found.map((library) => library.name).join('; ')}`)
  return found
}
