/**
 * Repeated measurements that take turns. Machines are noisy: what is compared runs alternately in one run (ours, peer,
 * ours, peer ...), a figure is a median, and a comparison is a ratio of medians.
 */
import * as E from 'fp-ts/lib/Either.js'

const sorted = (xs: readonly number[]): readonly number[] => xs.toSorted((a, b) => a - b)

/** The middle value; of an even number of values the mean of the two in the middle; NaN of none. */
export const median = (xs: readonly number[]): number => {
  const [ordered, half] = [sorted(xs), Math.floor(xs.length / 2)]
  const upper = ordered[half] ?? Number.NaN
  return xs.length % 2 === 1 ? upper : ((ordered[half - 1] ?? Number.NaN) + upper) / 2
}

export type Facts = Readonly<Record<string, number | string>>

/** Something prepared and warm that can be timed again and again. */
export interface Running {
  /** Does n steps and gives the milliseconds of each. */
  readonly steps: (n: number) => Promise<readonly number[]>
  /** What is worth knowing beside its times: start-up, memory, parameters, a remark. */
  readonly facts: Facts
  readonly stop: () => Promise<void>
}

/** Who takes part in a comparison, not yet started; a left side says in one sentence why it cannot. */
export interface Contestant {
  readonly by: string
  readonly threads: number
  /** Of the same peer, in another setting (a memory format, say). */
  readonly variant?: string
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

/** One time a step. */
export const each = async (n: number, act: () => unknown): Promise<readonly number[]> => {
  const times: number[] = []
  for (let i = 0; i < n; i++) times.push(await timed(act))
  return times
}

/**
 * Starts every contestant, lets them take turns, and stops them, whatever happens. Who cannot start is reported to
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
