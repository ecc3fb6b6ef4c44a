/**
 * Thousands of steps of a small model: memory, open files and threads must stay flat once everything that a run does has
 * been done once. Linux only (/proc).
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { launch, subject } from './subject.ts'

export interface Sample {
  readonly step: number
  /** Whether a checkpoint and an image were written: the first ones allocate memory and threads that stay. */
  readonly warm: boolean
  /** Bytes. */
  readonly resident: number
  readonly files: number
  readonly threads: number
}

export interface Soak {
  readonly samples: readonly Sample[]
  readonly code: number | null
}

const field = (status: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])

const written = (folder: string, end: string): boolean => readdirSync(folder).some((name) => name.endsWith(end))

/** The resources of a process; null once it is gone, or before it has a folder. */
const look = (pid: number, out: string): Sample | null => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').length - 2
    return {
      step: lines,
      warm: written(join(out, 'checkpoints'), '.safetensors') && written(join(out, 'samples'), '.png'),
      resident: 1024 * field(status, 'VmRSS'),
      files: readdirSync(`/proc/${pid}/fd`).length,
      threads: field(status, 'Threads'),
    }
  } catch {
    return null
  }
}

/**
 * One thread for files and images, and one arena of the C library: with several, what is kept for the next time depends
 * on how they happened to meet. And every function compiled by the process itself, whatever earlier ones left behind.
 */
const alone = 'export UV_THREADPOOL_SIZE=1 MALLOC_ARENA_MAX=1 NODE_DISABLE_COMPILE_CACHE=1'

/** Milliseconds between two looks. */
const pause = 50

export const soak = async (home: string, steps: number, onSample: (s: Sample) => void): Promise<Soak> => {
  const s = subject(home, steps, { save_seconds: 0.1, validation_seconds: 0.1, grid_seconds: 0.1 })
  const out = join(s.home, 'soak')
  rmSync(out, { recursive: true, force: true })
  const running = launch(s, out, { shell: alone })
  const samples: Sample[] = []
  const timer = setInterval(() => {
    const sample = look(running.pid, out)
    // a process that has done its last step gives back what it holds
    if (sample === null || sample.step < 1 || sample.step >= steps) return
    samples.push(sample)
    onSample(sample)
  }, pause)
  const { code } = await running.ended
  clearInterval(timer)
  return { samples, code }
}

export interface Growth {
  /** What was held all the time in the second and in the last fifth of the samples of a warm process. */
  readonly early: Sample
  readonly late: Sample
}

/** What is held for a moment only, while something is written or drawn, is no growth: the least counts. */
export const growth = (samples: readonly Sample[]): Growth => {
  const warm = samples.filter((s) => s.warm)
  const over = (from: number, to: number): Sample => {
    const some = warm.slice(Math.floor(from * warm.length), Math.ceil(to * warm.length))
    const least = (of: (s: Sample) => number): number => (some.length === 0 ? Number.NaN : Math.min(...some.map(of)))
    return {
      step: least((s) => s.step),
      warm: some.length > 0,
      resident: least((s) => s.resident),
      files: least((s) => s.files),
      threads: least((s) => s.threads),
    }
  }
  return { early: over(0.2, 0.4), late: over(0.8, 1) }
}

/** Threads of the library that draws come and go, as many as libuv runs at once. */
const idleThreads = 4

/** Flat: no more files, no more threads than come and go, no more than a tenth more memory. */
export const isFlat = ({ early, late }: Growth): boolean =>
  late.files <= early.files && late.threads <= early.threads + idleThreads && late.resident <= 1.1 * early.resident
