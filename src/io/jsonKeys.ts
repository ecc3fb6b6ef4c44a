/**
 * Duplicate keys in an object of JSON text, which `JSON.parse` accepts silently, keeping the last.
 *
 * It is not a parser: the text must already be valid JSON. (Parsers that reject duplicates build a second tree of the whole
 * text, and miss names that differ only in how they are escaped.)
 */

export interface DuplicateKey {
  /** Keys of the enclosing objects, outermost first. */
  readonly within: readonly string[]
  readonly key: string
}

interface Open {
  /** Null in an array. */
  readonly keys: Set<string> | null
  /** The key of the current value, or the last key. */
  key: string
  /** Whether the next string is a key. */
  before: boolean
}

/** The position of the closing quote of the string that begins at `start`. */
const closing = (json: string, start: number): number => {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}

/** The first duplicate of a text, or null. */
export const duplicateKey = (json: string): DuplicateKey | null => {
  const open: Open[] = []
  for (let at = 0; at < json.length; at++) {
    const sign = json[at]
    const top = open.at(-1)
    if (sign === '{' || sign === '[')
      open.push({ keys: sign === '{' ? new Set() : null, key: '', before: sign === '{' })
    else if (sign === '}' || sign === ']') open.pop()
    else if (sign === ',' && top !== undefined) top.before = top.keys !== null
    else if (sign === '"') {
      const end = closing(json, at)
      if (top?.before === true && top.keys !== null) {
        const key = String(JSON.parse(json.slice(at, end + 1)))
        if (top.keys.has(key)) {
          const around = open.slice(0, -1).filter(({ keys }) => keys !== null)
          return { within: around.map((one) => one.key), key }
        }
        top.keys.add(key)
        top.key = key
        top.before = false
      }
      at = end
    }
  }
  return null
}
