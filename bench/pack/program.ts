/** What the programs of stages share: rows on stdout, and one sentence on stderr for what goes wrong. */
import type { Row } from './row.ts'

export const say = (row: Row & Readonly<Record<string, unknown>>): void => console.log(JSON.stringify(row))

/** Runs a stage and ends the process, which devices would keep alive. */
export const program = async (act: () => Promise<void>): Promise<never> => {
  try {
    await act()
  } catch (error) {
    // an error's stack has more lines, and its first is the sentence
    console.error(
      error instanceof Error ? `${error.name}: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}` : String(error),
    )
    process.exit(1)
  }
  process.exit(0)
}
