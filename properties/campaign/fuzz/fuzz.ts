/**
 * The campaign: batches of mutated inputs, format after format, each read in a worker. An input that exceeds a limit is read
 * once more by a fresh worker before it counts, so that other programs' load is not blamed on it. Failing inputs are
 * kept.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Format } from './format.ts'
import { formats } from './formats.ts'
import { inputsOf, put } from './inputs.ts'
import type { Job, Result } from './messages.ts'
import { startWorker, type Worker } from './process.ts'
import { counted, type Failure, type State } from './state.ts'

export interface Limits {
  /** CPU seconds per input. */
  readonly seconds: number
  /** Bytes beyond those of its files. */
  readonly bytes: number
  /** Milliseconds without a message after which a worker is killed. */
  readonly patience: number
}
export interface Plan {
  readonly inputs: number
  readonly limits: Limits
  /** Where failing inputs are kept. */
  readonly failures: string
  /** After every batch. */
  readonly done: (state: State, inputs: number) => Promise<void>
}

export const inputsOfBatch = 100
/** Batches after which a worker is replaced, so that it does not measure its own growth. */
const batchesOfWorker = 20

const formatOf = (batch: number): Format => {
  const format = formats[batch % formats.length]
  if (format === undefined) throw new RangeError('there are no formats')
  return format
}
const seedOf = (seed: number, batch: number): number => (seed * 1_000_003 + batch) | 0

const beyond = (limits: Limits, { seconds, bytes }: Result): string | null =>
  seconds > limits.seconds
    ? `${seconds.toFixed(2)} s of the processor: expected at most ${limits.seconds}`
    : bytes > limits.bytes
      ? `${(bytes / 2 ** 20).toFixed(0)} MiB more memory: expected at most ${limits.bytes / 2 ** 20}`
      : null

/** Once more, alone and in a fresh worker. */
const again = async (job: Job, index: number, patience: number): Promise<Result | string> => {
  const worker = startWorker(patience)
  const { results, stopped } = await worker.run({ ...job, from: index, to: index + 1 })
  worker.stop()
  return results[0] ?? stopped?.how ?? 'no answer'
}

const confirmed = async (job: Job, limits: Limits, result: Result): Promise<Result> => {
  if (result.fault !== null || beyond(limits, result) === null) return result
  const second = await again(job, result.index, limits.patience)
  return typeof second === 'string'
    ? { ...result, fault: second }
    : { ...second, fault: second.fault ?? beyond(limits, second) }
}

/**
 * All results of a batch; a worker that dies is replaced by another, which continues after the input that killed it.
 */
const resultsOf = async (worker: Worker, job: Job, limits: Limits): Promise<readonly Result[]> => {
  const { results, stopped } = await worker.run(job)
  const all: Result[] = []
  for (const result of results) all.push(await confirmed(job, limits, result))
  if (stopped === null) return all
  const lost: Result = { index: stopped.index, accepted: false, fault: stopped.how, seconds: 0, bytes: 0 }
  return [...all, lost, ...(await resultsOf(worker, { ...job, from: stopped.index + 1 }, limits))]
}

const keep = async (folder: string, format: Format, job: Job, { index, fault }: Result): Promise<Failure[]> => {
  if (fault === null) return []
  const kept = join(folder, `${job.format}-${job.seed}-${index}`)
  const files = inputsOf(format, job.seed, job.count)[index]
  if (files !== undefined) await put(kept, files)
  await writeFile(join(kept, 'fault.txt'), `${fault}\n`)
  return [{ format: job.format, seed: job.seed, index, fault, kept }]
}

/** Continues from a state until there are so many inputs in all. */
export const fuzz = async (from: State, { inputs, limits, failures, done }: Plan): Promise<State> => {
  const folder = await mkdtemp(join(tmpdir(), 'diffit-fuzz-'))
  const worker = startWorker(limits.patience)
  let state = from
  try {
    for (let batch = from.batches; batch * inputsOfBatch < inputs; batch++) {
      const format = formatOf(batch)
      const count = Math.min(inputsOfBatch, inputs - batch * inputsOfBatch)
      const scratch = join(folder, 'input')
      const job = { format: format.name, seed: seedOf(from.seed, batch), count, from: 0, to: count, folder: scratch }
      const results = await resultsOf(worker, job, limits)
      const failed: Failure[] = []
      for (const result of results) failed.push(...(await keep(failures, format, job, result)))
      state = {
        ...state,
        batches: batch + 1,
        tallies: { ...state.tallies, [format.name]: counted(state.tallies[format.name], results) },
        failures: [...state.failures, ...failed],
      }
      await done(state, batch * inputsOfBatch + count)
      if (batch % batchesOfWorker === batchesOfWorker - 1) worker.stop()
    }
  } finally {
    worker.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return state
}
