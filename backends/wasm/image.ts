/** The constant words of a program's memory during layout: descriptors and tables, one after another. */
import { align } from './memory.ts'
import type { Place } from './prepared.ts'

/** Words to be written once. */
export interface Words {
  readonly address: number
  readonly values: readonly number[]
}

export interface Image {
  /** Appends words and returns their address. */
  readonly put: (values: readonly number[]) => number
  /** The same, once per key. */
  readonly place: Place
  /** The end address, and the words to be written. */
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
