/** Files that another process cuts while they are read; not a test. */
import { open, truncate } from 'node:fs/promises'

/** Opens as usual; once the size of `path` was asked for, it holds only so many bytes. */
export const shrinking =
  (path: string, bytes: number): typeof open =>
  async (...args) => {
    const file = await open(...args)
    const stat = file.stat.bind(file)
    const shrunk: () => ReturnType<typeof stat> = async () => {
      const found = await stat()
      await truncate(path, bytes)
      return found
    }
    return Object.assign(file, { stat: shrunk })
  }
