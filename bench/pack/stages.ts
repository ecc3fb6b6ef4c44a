/** The stages of measuring a machine, in the order of their worth: what comes last is left out when time runs out. */
import { configs, tiny } from '../configs.ts'
import { references } from './contents.ts'
import type { Job } from './ours.ts'
import type { Stage } from './stage.ts'

export interface Machine {
  /** Where the archive was unpacked. */
  readonly folder: string
  readonly node: string
  /** The Python that has PyTorch; null if there is none. */
  readonly python: string | null
  readonly cores: number
  /** Tiny models and few steps: only whether everything runs. */
  readonly quick: boolean
  /** Of our programs: with the libraries that the machine lacks. */
  readonly env: NodeJS.ProcessEnv
  /** Of PyTorch. */
  readonly plain: NodeJS.ProcessEnv
}

interface Work {
  readonly workload: string
  readonly config: unknown
  readonly batch: number
}

const batch = 16
const works: readonly Work[] = Object.entries(configs).map(([workload, config]) => ({ workload, config, batch }))
const quickWorks: readonly Work[] = [{ workload: 'latent, tiny', config: tiny.latent, batch: 2 }]

const threadCounts = [1, 2, 4, 8, 16]

/** From one thread to sixteen, as far as there are cores; the most first. */
export const threadsOn = (cores: number): readonly number[] =>
  threadCounts.filter((n) => n === 1 || n <= cores).toReversed()

const ourStages = (m: Machine, of: Work, backend: Job['backend'], threads: number, seconds: number): Stage => {
  const job: Job = { ...of, backend, threads, steps: m.quick ? 2 : 20, seconds: m.quick ? 1 : 3 }
  return {
    what: `${of.workload}, batch ${of.batch}`,
    by: `diffit ${backend}${backend === 'wasm' ? `, ${threads} thread${threads === 1 ? '' : 's'}` : ''}`,
    seconds,
    command: [m.node, `${m.folder}/bench/pack/ours.ts`, JSON.stringify(job)],
    env: m.env,
  }
}

const agreement = (m: Machine, what: string, by: string, seconds: number, args: readonly string[]): Stage => ({
  what,
  by: `diffit ${by}`,
  seconds,
  command: [m.node, `${m.folder}/bench/pack/agreement.ts`, ...args],
  env: m.env,
})

const parityOf = (m: Machine, backend: string): Stage =>
  agreement(m, 'parity', backend, m.quick ? 60 : 30, [
    backend,
    ...references.slice(0, m.quick ? 1 : undefined).map((name) => `${m.folder}/spec/fixtures/${name}.safetensors`),
  ])

interface TorchJob {
  readonly device: 'cpu' | 'cuda'
  readonly settings: readonly string[]
  readonly workloads: readonly Work[]
  /** Empty: as many as PyTorch takes. */
  readonly threads: readonly number[]
}

const torch = (m: Machine, job: TorchJob, seconds: number): readonly Stage[] =>
  m.python === null
    ? []
    : [
        {
          what: job.settings.join(', '),
          by: `PyTorch on the ${job.device === 'cuda' ? 'card' : 'processor'}`,
          seconds,
          command: [
            m.python,
            `${m.folder}/bench/pack/torch_steps.py`,
            JSON.stringify({ ...job, steps: m.quick ? 2 : 20, seconds: m.quick ? 1 : 2 }),
          ],
          // two spinning pools of threads would compete for the cores
          env: { ...m.plain, OMP_WAIT_POLICY: 'PASSIVE', GOMP_SPINCOUNT: '0' },
        },
      ]

export const stagesOf = (m: Machine): readonly Stage[] => {
  const chosen = m.quick ? quickWorks : works
  // one model of images and one of latents show how a processor scales
  const scaled = m.quick ? quickWorks : works.filter(({ workload }) => workload !== 'emoji32')
  const threads = threadsOn(m.cores)
  const most = threads.slice(0, 1)
  return [
    agreement(m, 'adapter', 'webgpu', 20, ['adapter']),
    parityOf(m, 'webgpu'),
    ...chosen.map((of) => ourStages(m, of, 'webgpu', 1, 60)),
    ...torch(
      m,
      { device: 'cuda', settings: ['eager', 'captured', 'captured, tf32'], workloads: chosen, threads: [] },
      60,
    ),
    parityOf(m, 'gpu'),
    ...chosen.map((of) => ourStages(m, of, 'gpu', 1, 30)),
    ...threads.flatMap((n) => scaled.map((of) => ourStages(m, of, 'wasm', n, 25))),
    ...torch(m, { device: 'cpu', settings: ['eager'], workloads: scaled, threads }, 60),
    ...torch(
      m,
      { device: 'cuda', settings: ['compiled', 'compiled and captured'], workloads: chosen, threads: [] },
      75,
    ),
    ...torch(m, { device: 'cpu', settings: ['compiled'], workloads: scaled, threads: most }, 45),
  ]
}
