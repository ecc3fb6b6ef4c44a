/**
 * `--profile`: the time of a training step by kernel, as `npm run train -- --profile` shows it, and the kernels of a device by
 * its timestamps. A second executable with timers between the kernels is compiled after all other measurements.
 */
import { profileTable, withProfile } from '../src/cli/profile.ts'
import type { Backend } from '../src/plan/backend.ts'
import { grouped, type Line as KernelLine, kernelLines, rate, totals } from '../src/plan/profile.ts'
import { each } from './harness.ts'
import type { Kernels } from './line.ts'
import type { Trainable } from './model.ts'
import { stepsOf } from './trainingStep.ts'

/** Counted steps, after one that is not counted. */
const usual = 10

export interface Profile {
  /** For people. */
  readonly table: readonly string[]
  /** All kernels, each kind of them, then the slowest equal ones. */
  readonly kernels: readonly Omit<Kernels, 'workload' | 'case' | 'by'>[]
}

/** Equal kernels that are named. */
const slowest = 8

/** @param steps counted ones */
export const profiled = async (
  model: Trainable,
  backend: Backend,
  threads: number,
  steps: number = usual,
): Promise<Profile> => {
  const plan = model.plan()
  const executable = withProfile(await backend.compile(plan, { threads, profile: true }))
  try {
    await each(1 + steps, await stepsOf(model, plan, executable))
    const seen = await executable.seen()
    const limits = await backend.limits(threads)
    const { description, bytes } = executable
    const { precision } = backend
    const lines = kernelLines(plan, seen.times, { runs: seen.runs, precision })
    const shown = (line: KernelLine, kernel: string): Profile['kernels'][number] => {
      const found = rate(line, limits)
      return {
        kind: 'kernels',
        kernel,
        calls: line.calls,
        kernel_ms: line.milliseconds,
        gflops: found?.unit === 'GFLOPS' ? found.value : null,
        gb_per_s: found?.unit === 'GB/s' ? found.value : null,
        of_limit: found?.ofLimit ?? null,
      }
    }
    const kinds = totals(lines).map((line) => shown(line, line.what))
    const all = {
      kind: 'kernels',
      kernel: 'all',
      calls: lines.length,
      kernel_ms: lines.reduce((sum, line) => sum + line.milliseconds, 0),
      gflops: null,
      gb_per_s: null,
      of_limit: null,
    } as const
    const named = grouped(lines).slice(0, slowest)
    return {
      table: profileTable(plan, seen, { precision, limits, description, bytes, top: 30 }),
      kernels: [all, ...kinds, ...named.map((line) => shown(line, line.what))],
    }
  } finally {
    await executable.dispose()
  }
}
