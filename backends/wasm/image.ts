/** The constant words of a program's memory while they are laid out: descriptors and tables, one behind the other. */
import { align } from './memory.ts'
import type { Place } from './prepared.ts'

/** Words to be written once. */
export interface Words {
  readonly address: number
  readonly values: readonly number[]
}

export interface Image {
  /** Lays out words and gives their address. */
  readonly put: (values: readonly number[]) => number
  /** The same, once a key. */
  readonly place: Place
  /** First byte behind all of them, and what is to be written. */
  readonly laidOut: () => { readonly end: number; readonly words: readonly Words[] }
}

export const image = (start: number): Image => {
  const words: Words[] = []
  const known = new Map<string, number>()
  let end = start
  const put = (values: readonly number[]): number => {
    const address = end
    words.push({ address, values })
    end = align(end + 4 * values.length, 16)
    return address
  }
  return {
    put,
    place: (key, values) => {
      const found = known.get(key)
      if (found !== undefined) return found
      const address = put(values())
      known.set(key, address)
      return address
    },
    laidOut: () => ({ end, words }),
  }
}
