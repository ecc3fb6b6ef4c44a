/** A run of measuring: stages one after another, each within what is left of the time; what there is is kept after each. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reason } from '../reason.ts'
import { lineOf, markdownOf, type Row } from './row.ts'
import { allowed, type Clock, rowsOf, runStage, type Stage } from './stage.ts'

export interface Session {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly keep: (rows: readonly Row[]) => void
}

export const tell = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** Writes whole files or none. */
const write = (out: string, rows: readonly Row[]): void => {
  mkdirSync(out, { recursive: true })
  const put = (name: string, text: string): void => {
    writeFileSync(join(out, `${name}.part`), text)
    renameSync(join(out, `${name}.part`), join(out, name))
  }
  put('measured.json', `${JSON.stringify(rows, null, 2)}\n`)
  put('measured.md', `${markdownOf(rows)}\n`)
}

/** Rows that are written to a folder as they come; where that fails they are kept all the same, and the reason is told once. */
export const keeping = (out: string) => {
  const rows: Row[] = []
  let problem: string | null = null
  const keep = (more: readonly Row[]): void => {
    rows.push(...more)
    try {
      write(out, rows)
    } catch (error) {
      const why = reason(error)
      if (problem === null) tell(`${out} cannot be written, so the table is printed alone: ${why}`)
      problem = why
    }
  }
  return { rows, keep, problem: () => problem }
}

/** Of a stage that ended well its rows, which are kept with all else. */
export const perform = async (
  stage: Stage,
  label: string,
  { clock, signal, keep }: Session,
): Promise<readonly Row[]> => {
  const { what, by, leftOut } = stage
  const seconds = allowed(stage, clock)
  const without = (problem: string): readonly Row[] => {
    keep([{ what, by, problem }])
    return []
  }
  if (leftOut !== undefined) return without(`left out: ${leftOut}`)
  if (signal.aborted) return without('interrupted before it')
  if (seconds === null) return without('left out: there was no time left')
  const left = Math.round(clock.end - clock.now())
  tell(`${label} ${what}: ${by} (at most ${Math.round(seconds)} s; ${left} s left)`)
  const outcome = await runStage(stage, seconds, signal)
  const rows = rowsOf(stage, outcome)
  keep(rows)
  for (const row of rows.slice(0, 24)) tell(`    ${lineOf(row)}`)
  return outcome.problem === null ? outcome.rows : []
}
