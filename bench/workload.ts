/** A workload and its context. A workload is a list of cases, each a comparison of contestants. */
import { chosenForm, wasm } from '../backends/wasm/index.ts'
import { alternate, type Contestant, type Rounds } from './harness.ts'
import { figure, type Line, ratios, type Work } from './line.ts'
import type { Compared } from './options.ts'
import type { Peers } from './peers/peers.ts'

export interface Context {
  /** Only check that it runs: few cases, few steps, small sizes. */
  readonly smoke: boolean
  /** Thread counts to measure for ours. */
  readonly threads: readonly number[]
  readonly peers: Peers
  /** Takes part in training steps if requested. */
  readonly backend: Compared | null
  /** Only cases whose name contains this. */
  readonly only: string
  /** Profile training steps. */
  readonly profile: boolean
  readonly emit: (line: Line) => void
  /** Prints human-readable text. */
  readonly say: (text: string) => void
}

export interface Workload {
  readonly about: string
  readonly run: (context: Context) => Promise<void>
}

export interface Case {
  readonly workload: string
  readonly name: string
  readonly work: Work
  readonly contestants: readonly Contestant[]
}

const smokeRounds: Rounds = { rounds: 1, steps: 1, warmup: 0 }

/** Times a case and emits its figures, then the ratio to each peer. */
export const compare = async (context: Context, c: Case, rounds: Rounds): Promise<void> => {
  if (!c.name.includes(context.only)) return
  const of = { workload: c.workload, case: c.name }
  const results = await alternate(c.contestants, context.smoke ? smokeRounds : rounds, ({ by }, why) =>
    context.say(`  ${by} is left out of ${c.name}: ${why}`),
  )
  const figures = results.map((r) => figure(of, c.work, r))
  for (const line of [...figures, ...ratios(figures)]) context.emit(line)
}

/** The limit for each number of threads, at the start of a workload. */
export const emitLimits = async ({ emit, threads }: Context, workload: string): Promise<void> => {
  const { name: form } = await chosenForm()
  for (const n of threads) {
    const limits = await wasm.limits(n)
    if (limits !== null) emit({ kind: 'limit', workload, form, threads: n, gflops: limits.gflops })
  }
}
