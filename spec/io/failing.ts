/** What happens when a file is opened, whoever asks: tests run as root too, whom permissions do not stop. */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

export interface Planted {
  readonly restore: () => void
}

/** @param act comes first, and may throw */
export const whenOpened = (path: string, act: () => void): Planted => {
  const { open } = fs
  const watching: typeof fs.open = async (file, ...rest) => {
    if (file === path) act()
    return open(file, ...rest)
  }
  const put = (to: typeof fs.open): void => {
    Reflect.set(fs, 'open', to)
    syncBuiltinESMExports()
  }
  put(watching)
  return { restore: () => put(open) }
}

/** A file that cannot be moved. @param code of the system, such as EACCES */
export const unmovable = (path: string, code: string): Planted => {
  const { rename } = fs
  const put = (to: typeof fs.rename): void => {
    Reflect.set(fs, 'rename', to)
    syncBuiltinESMExports()
  }
  put(async (from, to) => {
    if (from === path) throw Object.assign(new Error(`${code}: planted`), { code })
    return rename(from, to)
  })
  return { restore: () => put(rename) }
}

/** @param code of the system, such as EACCES */
export const failing = (path: string, code: string): Planted =>
  whenOpened(path, () => {
    throw Object.assign(new Error(`${code}: planted`), { code })
  })
