/**
 * Repeated, alternating measurements. Machines are noisy: what is compared alternates within one run (ours, peer, ours,
 * peer ...), a figure is a median, and a comparison is a ratio of medians.
 */
import * as E from 'fp-ts/lib/Either.js'

const sorted = (xs: readonly number[]): readonly number[] => xs.toSorted((a, b) => a - b)

/** The median; of an even number of values the mean of the middle two; NaN of none. */
export const median = (xs: readonly number[]): number => {
  const [ordered, half] = [sorted(xs), Math.floor(xs.length / 2)]
  const upper = ordered[half] ?? Number.NaN
  return xs.length % 2 === 1 ? upper : ((ordered[half - 1] ?? Number.NaN) + upper) / 2
}

export type Facts = Readonly<Record<string, number | string>>

/** A prepared and warmed-up subject that can be timed repeatedly. */
export interface Running {
  /** Runs n steps and returns the milliseconds of each. */
  readonly steps: (n: number) => Promise<readonly number[]>
  /** Facts besides the times: start-up, memory, parameters, a remark. */
  readonly facts: Facts
  readonly stop: () => Promise<void>
}

/** A participant in a comparison, not yet started; a left side says in one sentence why it cannot start. */
export interface Contestant {
  readonly by: string
  readonly threads: number
  /** Another setting of the same peer (a memory format, say). */
  readonly variant?: string
  /** The device that computes, if it is not the processor. */
  readonly device?: string
  readonly start: () => Promise<E.Either<string, Running>>
}

export interface Rounds {
  readonly rounds: number
  /** Steps of each contestant in each round. */
  readonly steps: number
  /** Steps before the first round, which are not counted. */
  readonly warmup: number
}

export interface Timed {
  readonly contestant: Contestant
  readonly times: readonly number[]
  readonly facts: Facts
}

interface Entry {
  readonly contestant: Contestant
  readonly running: Running
  readonly times: number[]
}

/** Milliseconds of `act`, awaited. */
export const timed = async (act: () => unknown): Promise<number> => {
  const start = performance.now()
  await act()
  return performance.now() - start
}

/** One time per step. */
export const each = async (n: number, act: () => unknown): Promise<readonly number[]> => {
  const times: number[] = []
  for (let i = 0; i < n; i++) times.push(await timed(act))
  return times
}

/**
 * Starts every contestant, alternates between them, and stops them, whatever happens. One that cannot start is reported to
 * `absent` and left out.
 */
export const alternate = async (
  contestants: readonly Contestant[],
  { rounds, steps, warmup }: Rounds,
  absent: (contestant: Contestant, why: string) => void,
): Promise<readonly Timed[]> => {
  const entries: Entry[] = []
  try {
    for (const contestant of contestants) {
      const running = await contestant.start()
      if (E.isLeft(running)) absent(contestant, running.left)
      else entries.push({ contestant, running: running.right, times: [] })
    }
    for (const { running } of entries) await running.steps(warmup)
    for (let i = 0; i < rounds; i++)
      for (const { running, times } of entries) times.push(...(await running.steps(steps)))
    return entries.map(({ contestant, running, times }) => ({ contestant, times, facts: running.facts }))
  } finally {
    for (const { running } of entries) await running.stop()
  }
}
