/** The stages of measuring a machine: of everything the most telling first, then the rest, as time allows. */
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
  /** Whether its PyTorch can use the card. */
  readonly cuda: boolean
  /** Why steps on webgpu and gpu are left out; null if there is a card. */
  readonly noCard: string | null
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

/** From one thread to sixteen, as far as there are cores: the most, one, then those between. */
export const threadsOn = (cores: number): readonly number[] => {
  const [most = 1, ...others] = threadCounts.filter((n) => n === 1 || n <= cores).toReversed()
  return [most, ...others.slice(-1), ...others.slice(0, -1)]
}

/** What a step is measured by: at least two, then as many as fit. */
const limitsOf = (quick: boolean, seconds: number) =>
  quick ? { steps: 2, seconds: 1 } : ({ steps: 100, seconds } as const)

const leftOut = (why: string | null): Pick<Stage, 'leftOut'> => (why === null ? {} : { leftOut: why })

const ourStage = (m: Machine, of: Work, backend: Job['backend'], threads: number, seconds: number): Stage => {
  const job: Job = { ...of, backend, threads, ...limitsOf(m.quick, 3) }
  return {
    what: `${of.workload}, batch ${of.batch}`,
    by: `diffit ${backend}${backend === 'wasm' ? `, ${threads} thread${threads === 1 ? '' : 's'}` : ''}`,
    seconds,
    command: [m.node, `${m.folder}/bench/pack/ours.ts`, JSON.stringify(job)],
    env: m.env,
    ...leftOut(backend === 'wasm' ? null : m.noCard),
  }
}

const parityOf = (m: Machine, backend: string, seconds: number): Stage => ({
  what: 'parity',
  by: `diffit ${backend}`,
  seconds: m.quick ? 60 : seconds,
  command: [
    m.node,
    `${m.folder}/bench/pack/agreement.ts`,
    backend,
    ...references.slice(0, m.quick ? 1 : undefined).map((name) => `${m.folder}/spec/fixtures/${name}.safetensors`),
  ],
  env: m.env,
  ...leftOut(m.noCard),
})

interface TorchJob {
  readonly device: 'cpu' | 'cuda'
  readonly settings: readonly string[]
  readonly workloads: readonly Work[]
  /** Empty: as many as PyTorch takes. */
  readonly threads: readonly number[]
  /** Seconds of one measurement. */
  readonly limit: number
}

/** @param seconds of all its measurements */
const torch = (m: Machine, job: TorchJob, seconds: number): readonly Stage[] =>
  m.python === null || job.threads.length + (job.device === 'cuda' ? 1 : 0) === 0
    ? []
    : [
        {
          what: job.settings.join('; '),
          by: `PyTorch on the ${job.device === 'cuda' ? 'card' : 'processor'}`,
          seconds,
          command: [
            m.python,
            `${m.folder}/bench/pack/torch_steps.py`,
            JSON.stringify({ ...job, ...limitsOf(m.quick, 2) }),
          ],
          // two spinning pools of threads would compete for the cores
          env: { ...m.plain, OMP_WAIT_POLICY: 'PASSIVE', GOMP_SPINCOUNT: '0' },
          ...leftOut(job.device === 'cpu' || m.cuda ? null : 'PyTorch finds no card'),
        },
      ]

/** What is measured of the processor, on some numbers of threads. */
const processor = (m: Machine, works: readonly Work[], threads: readonly number[], seconds: number) => [
  ...threads.flatMap((n) => works.map((of) => ourStage(m, of, 'wasm', n, 25))),
  ...torch(
    m,
    { device: 'cpu', settings: ['eager', 'eager, channels last'], workloads: works, threads, limit: 20 },
    seconds,
  ),
]

const worksOf = ({ quick }: Machine): readonly Work[] => (quick ? quickWorks : works)

const stagesFor = (m: Machine, chosen: readonly Work[]): readonly Stage[] => {
  // one model of images and one of latents show how a processor scales
  const scaled = chosen.length === 1 ? chosen : chosen.filter(({ workload }) => workload !== 'emoji32')
  // what compiles soonest first
  const compiled = chosen.toSorted((a, b) => Number(b.workload === 'latent-s') - Number(a.workload === 'latent-s'))
  const threads = threadsOn(m.cores)
  const card = { device: 'cuda', workloads: chosen, threads: [], limit: 20 } as const
  return [
    parityOf(m, 'webgpu', 40),
    ...chosen.map((of) => ourStage(m, of, 'webgpu', 1, 60)),
    ...torch(m, { ...card, settings: ['captured', 'eager', 'captured, channels last', 'captured, tf32'] }, 90),
    ...processor(m, scaled, threads.slice(0, 2), 75),
    ...torch(m, { ...card, settings: ['compiled, captured'], workloads: compiled, limit: 50 }, 90),
    parityOf(m, 'gpu', 30),
    ...chosen.map((of) => ourStage(m, of, 'gpu', 1, 30)),
    ...processor(m, scaled, threads.slice(2), 60),
    ...torch(
      m,
      { device: 'cpu', settings: ['compiled'], workloads: scaled, threads: threads.slice(0, 1), limit: 45 },
      60,
    ),
  ]
}

/** @param only a model, whose steps alone are measured, or a part of a stage's name */
export const stagesOf = (m: Machine, only = ''): readonly Stage[] => {
  const named = worksOf(m).filter(({ workload }) => only !== '' && workload.includes(only))
  return named.length > 0
    ? stagesFor(m, named).filter(({ what }) => what !== 'parity')
    : stagesFor(m, worksOf(m)).filter(({ what, by }) => `${what}: ${by}`.includes(only))
}
