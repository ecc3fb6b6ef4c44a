/**
 * Keys that stand twice in one object of JSON text, which `JSON.parse` takes silently, keeping the last.
 *
 * It is not a parser: the text must be JSON already. (Parsers that refuse such keys cost a second tree of the whole text,
 * and stop at the names that differ only in how they are escaped.)
 */

export interface DuplicateKey {
  /** Keys of the objects around it, the outermost first. */
  readonly within: readonly string[]
  readonly key: string
}

interface Open {
  /** Null in an array. */
  readonly keys: Set<string> | null
  /** The key whose value comes, or came last. */
  key: string
  /** Is the next string a key? */
  before: boolean
}

/** Where the string that begins at `start` ends: the place of its closing quote. */
const closing = (json: string, start: number): number => {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}

/** The first of a text, or null. */
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
