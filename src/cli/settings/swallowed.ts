/**
 * Options given to `npm run` without `--` before them: npm keeps `--minutes` for itself, as a setting of its own, and passes
 * on the bare word `5`.
 */

/** What a script that npm runs finds: the words after the command, and npm's settings as `npm_config_<name>`. */
export interface Called {
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether the command takes words of its own: a file to compare with. */
  readonly takesWords: boolean
}

const nameOf = (flag: string): string => flag.replace(/ .*/, '')
const settingOf = (flag: string): string => `npm_config_${nameOf(flag).slice(2).replaceAll('-', '_')}`

/** A sentence about options that npm kept; null if there are none, or if npm runs no script of this command. */
export const swallowed = (
  command: string,
  /** As declared to commander: `--minutes <m>`. */
  flags: readonly string[],
  { words, env, takesWords }: Called,
  /** The subcommand that the words are of. */
  subcommand?: string,
): string | null => {
  const [usual] = flags
  if (env.npm_lifecycle_event !== command || usual === undefined) return null
  const isGiven = (flag: string): boolean =>
    words.some((word) => word === nameOf(flag) || word.startsWith(`${nameOf(flag)}=`))
  const kept = flags.filter((flag) => env[settingOf(flag)] !== undefined && !isGiven(flag))
  const before = subcommand === undefined ? [] : [subcommand]
  const way = (shown: readonly string[]): string =>
    `give options after --: npm run ${command} -- ${[...before, ...shown].join(' ')}`
  if (kept.length > 0) return `npm kept ${kept.map(nameOf).join(' and ')} for itself: ${way(kept)}`
  const [first] = words
  return takesWords || first === undefined || first.startsWith('-')
    ? null
    : `"${first}" is not an option of ${[command, ...before].join(' ')}: ${way([usual])}`
}
