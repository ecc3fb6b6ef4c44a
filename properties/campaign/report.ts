/**
 * A campaign of many trials: progress with rate and time left, a file of results so that it can be resumed, a verdict.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Trial } from './peace.ts'

interface Done {
  /** Identifies comparable trials: another campaign's file is not resumed. */
  readonly campaign: string
  readonly trials: readonly Trial[]
}

const read = (file: string, campaign: string): readonly Trial[] => {
  if (!existsSync(file)) return []
  const done: Done = JSON.parse(readFileSync(file, 'utf8'))
  return done.campaign === campaign ? done.trials : []
}

const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}m${String(Math.round(seconds % 60)).padStart(2, '0')}s`

/** Runs the remaining trials, and reports each. Returns all of them. */
export const campaign = async (
  name: string,
  file: string,
  count: number,
  trial: (i: number) => Promise<Trial>,
): Promise<readonly Trial[]> => {
  let trials = read(file, name).slice(0, count)
  if (trials.length > 0) console.log(`${trials.length} of ${count} were done before (${file})`)
  const [began, before] = [performance.now(), trials.length]
  mkdirSync(dirname(file), { recursive: true })
  for (let i = trials.length; i < count; i++) {
    const result = await trial(i)
    trials = [...trials, result]
    const seconds = (performance.now() - began) / 1000
    const left = (seconds / (trials.length - before)) * (count - trials.length)
    console.log(`${i + 1}/${count} ${result.ok ? 'ok    ' : 'FAILED'} ${result.what} (${clock(left)} left)`)
    const done: Done = { campaign: name, trials }
    writeFileSync(file, JSON.stringify(done))
  }
  const failed = trials.filter(({ ok }) => !ok)
  for (const { what } of failed) console.log(`FAILED ${what}`)
  console.log(`${name}: ${trials.length - failed.length} of ${trials.length}`)
  return trials
}
