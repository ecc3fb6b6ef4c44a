/** A file that the system does not open, whoever asks: tests run as root too, whom permissions do not stop. */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/** @param code of the system, such as EACCES */
export const failing = (path: string, code: string): { readonly restore: () => void } => {
  const { open } = fs
  const denying: typeof fs.open = async (file, ...rest) => {
    if (file === path) throw Object.assign(new Error(`${code}: planted`), { code })
    return open(file, ...rest)
  }
  const put = (to: typeof fs.open): void => {
    Reflect.set(fs, 'open', to)
    syncBuiltinESMExports()
  }
  put(denying)
  return { restore: () => put(open) }
}
