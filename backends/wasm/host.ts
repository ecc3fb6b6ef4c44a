/** The backend's host in Node. Idle threads do not keep the process running. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import v8 from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Host, Thread } from './hostPort.ts'
import { flagsOf, type Machine, wideningFlag } from './machine.ts'

const read = async (): Promise<Machine> => {
  const [flags, options] = await Promise.all([
    readFile('/proc/cpuinfo', 'utf8').then(flagsOf, () => null),
    promisify(execFile)(process.execPath, ['--v8-options']).then(
      ({ stdout }) => stdout,
      () => '',
    ),
  ])
  return { arch: process.arch, v8: process.versions.v8 ?? '0', flags, widens: options.includes(wideningFlag) }
}

let known: Promise<Machine> | undefined

const [optimise, relax] = [
  ['--no-liftoff', '--no-wasm-lazy-compilation'],
  ['--liftoff', '--wasm-lazy-compilation'],
]

/** Engine flags apply to whatever is compiled next, so they are reset at once. */
const compile: Host['compile'] = async (binary, wide) => {
  for (const flag of wide ? [...optimise, wideningFlag] : optimise) v8.setFlagsFromString(flag)
  try {
    return new WebAssembly.Module(binary)
  } finally {
    for (const flag of wide ? [...relax, wideningFlag.replace('--', '--no-')] : relax) v8.setFlagsFromString(flag)
  }
}

const source = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

const start: Host['start'] = (workerData, died): Thread => {
  const worker = new Worker(source, { workerData })
  let told = false
  let answered = (): void => undefined
  /** The worker's next message. */
  const answer = (): Promise<void> =>
    new Promise((resolve) => {
      answered = resolve
    })
  const failed = (why: string): void => {
    if (!told) died(why)
  }
  worker.on('message', () => {
    worker.unref()
    answered()
  })
  worker.on('error', (error: unknown) => failed(error instanceof Error ? error.message : String(error)))
  worker.on('exit', (code) => failed(`it ended with exit code ${code}`))
  return {
    ready: answer(),
    run: () => {
      worker.ref()
      worker.postMessage('run')
      return answer()
    },
    stop: async () => {
      told = true
      await worker.terminate()
    },
  }
}

export const host: Host = {
  parallelism: availableParallelism,
  environment: (name) => process.env[name] || undefined,
  machine: () => {
    known ??= read()
    return known
  },
  unshared: () => null,
  compile,
  start,
  availableMemory: () => process.availableMemory(),
}
