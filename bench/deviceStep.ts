/**
 * A training step on a graphics device, as a peer, with the device as its remark; left out with the reason if there is none.
 * Of webgpu also what a step costs the host, and what it makes and moves.
 */
import * as E from 'fp-ts/lib/Either.js'
import { gpu } from '../backends/gpu/index.ts'
import { requestedAdapter, type WebGpuExecutable, webgpu } from '../backends/webgpu/index.ts'
import { Refusal } from '../src/plan/errors.ts'
import { type Contestant, each, type Facts, median, type Running } from './harness.ts'
import { ours } from './line.ts'
import type { Trainable } from './model.ts'
import type { Compared } from './options.ts'
import { type Profile, profiled } from './profile.ts'
import { compiledStep, stepsOf } from './trainingStep.ts'

/** Whether nothing is computed, by Dawn's null backend: then only the host is measured. */
export const isIdle = (backend: Compared | null): boolean => backend === 'webgpu' && requestedAdapter === 'null'

const orLeft = (error: unknown): E.Either<string, Running> => {
  if (error instanceof Refusal) return E.left(error.message)
  throw error
}

const gpuContestant = (model: Trainable): Contestant => ({
  by: `${ours} gpu`,
  device: 'gpu',
  threads: 1,
  start: () =>
    compiledStep(model, 1, gpu).then(
      ({ once, facts: { arena_mib: _, ...facts }, description, stop }) =>
        E.right<string, Running>({ steps: (n) => each(n, once), facts: { ...facts, remark: description }, stop }),
      orLeft,
    ),
})

/** What one step did. */
type Step = ReturnType<WebGpuExecutable['counts']>

const difference = (after: Step, before: Step): Step => ({
  created: after.created - before.created,
  submits: after.submits - before.submits,
  dispatches: after.dispatches - before.dispatches,
  up: after.up - before.up,
  down: after.down - before.down,
  host: after.host - before.host,
})

/** Facts of steps: all that they made, and the medians of the rest. */
const factsOf = (steps: readonly Step[]): Facts => {
  if (steps.length === 0) return {}
  const of = (name: keyof Step): number => median(steps.map((s) => s[name]))
  return {
    host_ms_median: of('host'),
    submits: of('submits'),
    dispatches: of('dispatches'),
    created: steps.reduce((sum, s) => sum + s.created, 0),
    bytes_up: of('up'),
    bytes_down: of('down'),
  }
}

const started = async (model: Trainable): Promise<Running> => {
  const start = performance.now()
  const plan = model.plan()
  const executable = await webgpu.compile(plan)
  const startup = performance.now() - start
  const once = await stepsOf(model, plan, executable, !isIdle('webgpu'))
  await once()
  const cold = performance.now() - start
  const limits = await webgpu.limits(1)
  const limit: Facts = limits === null ? {} : { limit_gflops: limits.gflops, limit_gb_per_s: limits.gigabytes }
  const steps: Step[] = []
  const { description } = executable
  return {
    steps: (n) =>
      each(n, async () => {
        const before = executable.counts()
        await once()
        steps.push(difference(executable.counts(), before))
      }),
    get facts() {
      const { batch } = model.shapes
      const times = { startup_ms: Math.round(startup), first_step_ms: Math.round(cold) }
      const fixed = { batch, parameters: model.parameters, ...times }
      const arena_mib = Math.round(executable.bytes / 2 ** 20)
      return { ...fixed, arena_mib, ...factsOf(steps), ...limit, remark: description }
    },
    stop: executable.dispose,
  }
}

const webgpuContestant = (model: Trainable): Contestant => ({
  by: `${ours} webgpu`,
  device: 'webgpu',
  threads: 1,
  start: () => started(model).then((running) => E.right<string, Running>(running), orLeft),
})

/** Kernels of a step on webgpu by the timestamps of its device; a left side says why there are none. */
export const deviceKernels = async (model: Trainable, steps?: number): Promise<E.Either<string, Profile>> => {
  const unavailable = 'times of kernels are not available:'
  if (isIdle('webgpu')) return E.left(`${unavailable} Dawn's null backend computes nothing`)
  try {
    return E.right(await profiled(model, webgpu, 1, steps))
  } catch (error) {
    if (error instanceof Refusal) return E.left(`${unavailable} ${error.message}`)
    throw error
  }
}

export const deviceContestants = (backend: Compared | null, model: Trainable): readonly Contestant[] => {
  switch (backend) {
    case null:
      return []
    case 'gpu':
      return [gpuContestant(model)]
    case 'webgpu':
      return [webgpuContestant(model)]
  }
}
