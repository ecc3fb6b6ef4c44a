/**
 * A stage: a training step of ours on one backend, as rows; `node bench/pack/ours.ts JOB`. Of webgpu also its kernels by
 * timestamps.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { wasm } from '../../backends/wasm/index.ts'
import { deviceContestants, deviceKernels, isIdle } from '../deviceStep.ts'
import type { Contestant } from '../harness.ts'
import { figure, type Kernels } from '../line.ts'
import { type Trainable, trainableOf } from '../model.ts'
import { remark } from '../report.ts'
import { gflopOf, stepContestant } from '../trainingStep.ts'
import { program, say } from './program.ts'
import type { Row } from './row.ts'

export const Job = t.type({
  workload: t.string,
  config: t.unknown,
  batch: t.number,
  backend: t.union([t.literal('wasm'), t.literal('gpu'), t.literal('webgpu')]),
  threads: t.number,
  /** Steps are counted until so many, or so many seconds after at least two. */
  steps: t.number,
  seconds: t.number,
})
export type Job = t.TypeOf<typeof Job>

const fewest = 2

const timesOf = async (contestant: Contestant, { steps, seconds }: Job) => {
  const started = await contestant.start()
  if (E.isLeft(started)) return started
  const running = started.right
  try {
    await running.steps(1)
    const times: number[] = []
    const end = performance.now() + 1e3 * seconds
    while (times.length < steps && (times.length < fewest || performance.now() < end))
      times.push(...(await running.steps(1)))
    return E.right({ contestant, times, facts: running.facts })
  } finally {
    await running.stop()
  }
}

const limitOf = async ({ backend, threads }: Job, facts: Readonly<Record<string, unknown>>): Promise<number | null> => {
  const { limit_gflops } = facts
  if (backend === 'wasm') return (await wasm.limits(threads))?.gflops ?? null
  return typeof limit_gflops === 'number' ? limit_gflops : null
}

const contestantsOf = (model: Trainable, { backend, threads }: Job): readonly Contestant[] =>
  backend === 'wasm' ? [stepContestant(model, threads)] : deviceContestants(backend, model)

const kernelRow = (what: string, by: string, k: Omit<Kernels, 'workload' | 'case' | 'by'>): Row => ({
  what: `${what}: kernels of a step`,
  by,
  setting: k.kernel,
  step_ms_median: k.kernel_ms,
  remark: `${k.calls} in a step`,
  ...(k.gflops === null ? {} : { gflops: k.gflops }),
  ...(k.gb_per_s === null ? {} : { gb_per_s: k.gb_per_s }),
  ...(k.of_limit === null ? {} : { of_limit: k.of_limit }),
})

const measure = async (job: Job): Promise<void> => {
  const what = `${job.workload}, batch ${job.batch}`
  const model = trainableOf(job.config, job.batch)
  if (E.isLeft(model)) throw new Error(model.left)
  const idle = job.backend === 'webgpu' && isIdle('webgpu')
  for (const contestant of contestantsOf(model.right, job)) {
    const { by } = contestant
    const found = await timesOf(contestant, job)
    if (E.isLeft(found)) {
      say({ what, by, problem: found.left })
      continue
    }
    const of = { workload: job.workload, case: what }
    const work = idle ? {} : { gflop: gflopOf(model.right) }
    const { facts, gflops, step_ms_median, step_ms_min, steps } = figure(of, work, found.right)
    const limit = await limitOf(job, facts)
    const setting = job.backend === 'wasm' ? `${job.threads} thread${job.threads === 1 ? '' : 's'}` : ''
    say({
      ...{ what, by: job.backend === 'wasm' ? `${by} wasm` : by, setting, step_ms_median, step_ms_min },
      ...(gflops === null ? {} : { gflops, ...(limit === null ? {} : { of_limit: gflops / limit }) }),
      ...{ ...facts, remark: remark(facts), steps },
    })
  }
  if (job.backend !== 'webgpu') return
  const by = 'diffit webgpu'
  const kernels = await deviceKernels(model.right, job.steps > 5 ? undefined : 1)
  if (E.isLeft(kernels)) say({ what: `${what}: kernels of a step`, by, problem: kernels.left })
  else for (const k of kernels.right.kernels) say(kernelRow(what, by, k))
}

const [, , text = ''] = process.argv
await program(async () => {
  const job = Job.decode(JSON.parse(text))
  if (E.isLeft(job)) throw new Error(`not a job: ${text}`)
  await measure(job.right)
})
