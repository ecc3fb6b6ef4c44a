/** The name that a mistyped one was probably meant to be. */

/** Letters to insert, delete or replace (Levenshtein 1966). */
export const distance = (a: string, b: string): number => {
  const first = Array.from({ length: b.length + 1 }, (_, j) => j)
  const last = [...a].reduce<readonly number[]>((above, x, i) => {
    const row = [i + 1]
    for (let j = 0; j < b.length; j++)
      row.push(Math.min((above[j] ?? 0) + (x === b[j] ? 0 : 1), (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1))
    return row
  }, first)
  return last.at(-1) ?? 0
}

export const nearest = (name: string, known: readonly string[]): string | undefined =>
  known
    .map((k) => ({ k, d: distance(name.toLowerCase(), k.toLowerCase()) }))
    .sort((a, b) => a.d - b.d)
    .at(0)?.k

/** `unknown preset "emoji23": did you mean "emoji32"? (emoji32, image-s)` */
export const unknownName = (what: string, name: string, known: readonly string[]): string =>
  `unknown ${what} "${name}": did you mean "${nearest(name, known)}"? Known: ${known.join(', ')}`
