/** Thousands of steps of a small model: resident memory, open files and threads must be flat. Linux only (/proc). */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { launch, subject } from './subject.ts'

export interface Sample {
  readonly step: number
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

/** What a process holds; null once it is gone. */
const look = (pid: number, out: string): Sample | null => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').length - 2
    return {
      step: lines,
      resident: 1024 * field(status, 'VmRSS'),
      files: readdirSync(`/proc/${pid}/fd`).length,
      threads: field(status, 'Threads'),
    }
  } catch {
    return null
  }
}

export const soak = async (home: string, steps: number, onSample: (s: Sample) => void): Promise<Soak> => {
  const s = subject(home, steps, { save_seconds: 1, validation_seconds: 1, grid_seconds: 2 })
  const out = join(s.home, 'soak')
  rmSync(out, { recursive: true, force: true })
  const running = launch(s, out)
  const samples: Sample[] = []
  const timer = setInterval(() => {
    const sample = look(running.pid, out)
    if (sample === null || sample.step < 1) return
    samples.push(sample)
    onSample(sample)
  }, 250)
  const { code } = await running.ended
  clearInterval(timer)
  return { samples, code }
}

const median = (xs: readonly number[]): number => xs.toSorted((a, b) => a - b)[xs.length >> 1] ?? Number.NaN

export interface Growth {
  /** Medians over the second and the last fifth of the steps. */
  readonly early: Sample
  readonly late: Sample
}

export const growth = (samples: readonly Sample[], steps: number): Growth => {
  const over = (from: number, to: number): Sample => {
    const some = samples.filter(({ step }) => step >= from * steps && step <= to * steps)
    return {
      step: median(some.map((s) => s.step)),
      resident: median(some.map((s) => s.resident)),
      files: median(some.map((s) => s.files)),
      threads: median(some.map((s) => s.threads)),
    }
  }
  return { early: over(0.2, 0.4), late: over(0.8, 1) }
}

/** Threads of the library that draws come and go, as many as libuv runs at once. */
const idleThreads = 4

/** Flat: no more files, no more threads than come and go, no more than a tenth more memory. */
export const isFlat = ({ early, late }: Growth): boolean =>
  late.files <= early.files && late.threads <= early.threads + idleThreads && late.resident <= 1.1 * early.resident
