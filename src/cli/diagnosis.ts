/** The facts that `doctor` collects about this machine; `doctor.ts` formats them. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { type DeviceStatus, deviceStatuses, requestedDevice } from '../../backends/gpu/index.ts'
import {
  chosen,
  type KernelName,
  type KernelStatus,
  kernelStatuses,
  type Machine,
  machine,
  mostBytes,
  requestedKernel,
  wasm,
} from '../../backends/wasm/index.ts'
import { type AdapterStatus, adapterStatus, requestedAdapter } from '../../backends/webgpu/index.ts'
import { installed } from '../data/emoji.ts'
import { companions, drawing } from '../io/companion.ts'
import { evaluate } from '../lower/compile.ts'
import type { Limits } from '../plan/backend.ts'
import { input, mul } from '../tensor/ops.ts'

/** Instruction sets that determine how fast kernels can be. */
export const instructionSets = ['avx2', 'fma', 'avx512f'] as const

/** A value, or the reason why there is none. */
export interface Answer<A> {
  readonly value: A | null
  readonly why: string | null
}

export interface Diagnosis {
  readonly machine: Omit<Machine, 'flags'> & {
    readonly system: string
    readonly cpu: string
    /** Null where the operating system does not report them. */
    readonly flags: Readonly<Record<(typeof instructionSets)[number], boolean>> | null
    readonly cores: number
    readonly node: string
  }
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number; readonly wasm: number }
  readonly wasm: {
    /** The value of DIFFIT_WASM_KERNEL. */
    readonly asked: string | null
    readonly kernels: readonly KernelStatus[]
    readonly chosen: KernelName | null
    /** Why it is not the fastest variant, or why there is none. */
    readonly why: string | null
  }
  /** Milliseconds to compile and run a small program, mostly spent starting threads. */
  readonly threads: { readonly count: number; readonly milliseconds: Answer<number> }
  /** The peak rates that kernels are compared with; null without a working kernel. */
  readonly limits: Limits | null
  /** The value of DIFFIT_GPU, and every device that was looked for. */
  readonly gpu: { readonly asked: string | null; readonly devices: readonly DeviceStatus[] }
  /** The value of DIFFIT_WEBGPU, and the adapter that the backend webgpu computes on. */
  readonly webgpu: { readonly asked: string | null; readonly adapter: Answer<AdapterStatus> }
  /** Data sets that need no download: where they are, or how to get them. */
  readonly data: readonly { readonly name: string; readonly at: Answer<string> }[]
  /** The packages that sample grids and loss curves are drawn with. */
  readonly drawing: Answer<string>
  /** The version of PyTorch that the benchmarks compare with, or how to get one. */
  readonly torch: Answer<string>
}

const answer = <A>(value: A): Answer<A> => ({ value, why: null })
const missing = (why: string): Answer<never> => ({ value: null, why })
const answered: <A>(e: E.Either<string, A>) => Answer<A> = E.matchW(missing, answer)
const attempt = <A>(what: () => Promise<A>): Promise<Answer<A>> =>
  what().then(answer, (error) => missing(error instanceof Error ? error.message : String(error)))

/** Squares three numbers on the backend. */
const threadsWork = async (threads: number): Promise<number> => {
  const start = performance.now()
  const x = input('x', [3])
  const { y } = await evaluate(wasm, { threads })({ y: mul(x, x) }, { x: Float32Array.of(1, 2, -3) })
  if ([...(y ?? [])].join() !== '1,4,9') throw new Error(`the squares of 1, 2 and -3 came out as ${y?.join(', ')}`)
  return performance.now() - start
}

const python = '/usr/bin/python3'
const torchVersion = (): Promise<Answer<string>> =>
  promisify(execFile)(python, ['-c', 'import torch; print(torch.__version__)']).then(
    ({ stdout }) => answer(stdout.trim()),
    () => missing(`not in ${python}; on Debian: apt-get install python3-torch libopenblas0-openmp`),
  )

const fashion = '/usr/share/datasets/fashion-mnist'
const dataSets = async (): Promise<Diagnosis['data']> => [
  { name: 'emoji', at: answered(await installed()) },
  {
    name: `idx:${fashion}`,
    at: existsSync(fashion)
      ? answer(fashion)
      : missing('not installed; on Debian: apt-get install dataset-fashion-mnist'),
  },
]

export const diagnose = async (): Promise<Diagnosis> => {
  const threads = availableParallelism()
  const torch = await torchVersion()
  const { flags, ...engine } = await machine()
  const choice = await attempt(() => chosen(requestedKernel))
  return {
    machine: {
      ...engine,
      system: `${process.platform} ${release()}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      flags:
        flags === null
          ? null
          : { avx2: flags.includes('avx2'), fma: flags.includes('fma'), avx512f: flags.includes('avx512f') },
      cores: cpus().length,
      node: process.versions.node,
    },
    memory: { total: totalmem(), free: process.availableMemory(), wasm: mostBytes },
    wasm: {
      asked: requestedKernel ?? null,
      kernels: await kernelStatuses(),
      chosen: choice.value?.form.name ?? null,
      why: choice.value?.why ?? choice.why,
    },
    threads: { count: threads, milliseconds: await attempt(() => threadsWork(threads)) },
    limits: choice.value === null ? null : await wasm.limits(threads),
    gpu: { asked: requestedDevice ?? null, devices: await deviceStatuses() },
    webgpu: { asked: requestedAdapter ?? null, adapter: await attempt(() => adapterStatus(requestedAdapter)) },
    data: await dataSets(),
    drawing: answered(await companions('drawing samples and loss curves')(drawing)()),
    torch,
  }
}

/** Whether the wasm backend works. */
export const healthy = ({ wasm: { chosen }, threads }: Diagnosis): boolean =>
  chosen !== null && threads.milliseconds.value !== null
