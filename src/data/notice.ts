/** Messages about what a data set leaves out: a few names, and how many more there are. */

const shownNames = 4

/** Control characters percent-encoded (%0A), so that a message stays on one line. */
const onOneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, encodeURIComponent)

/** `a, b, c, d and 3 more` */
export const few = (names: readonly string[]): string => {
  const more = names.length - shownNames
  const shown = names.slice(0, shownNames).map(onOneLine).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}

/** `1 file`, `2 files` */
export const counted = (n: number, thing: string, things = `${thing}s`): string => `${n} ${n === 1 ? thing : things}`
