/** What specs ask of a page, by name: `jobs.agrees('wasm', 'softmax')`. Answers are JSON. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { gpuBackend } from '../../backends/gpu/index.ts'
import { backends } from '../../backends/index.ts'
import { cases } from '../../properties/agreement/cases.ts'
import { parityOf, within } from '../../src/cli/parity/parityOf.ts'
import { reference } from '../../src/cli/parity/reference.ts'
import { decode } from '../../src/io/safetensors.ts'
import { compile } from '../../src/lower/compile.ts'
import { input, matmul } from '../../src/tensor/ops.ts'
import { loseLast } from './losing.browser.ts'

const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

const table = {
  ...backends,
  'gpu on webgpu': gpuBackend({ device: 'webgpu' }),
  'gpu on webgl2': gpuBackend({ device: 'webgl2' }),
}

const backendOf = (name: string) => {
  const found = Object.entries(table).find(([known]) => known === name)
  if (found === undefined) throw new Error(`the page has no backend ${name}`)
  return found[1]
}

const square = (n: number) => {
  const [a, b] = [input('a', [n, n]), input('b', [n, n])]
  return { outputs: { y: matmul(a, b) }, feeds: { a: new Float32Array(n * n).fill(1), b: new Float32Array(n * n) } }
}

/** What was asked for has begun and, since whatever computes answers in a task of its own, has not been answered. */
const underway = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await null
}

const jobs = {
  /** What disagreed in a case of the agreement suite; null where nothing did. */
  agrees: async (backend: string, name: string): Promise<string | null> => {
    const found = cases.find((c) => c.name === name)
    if (found === undefined) throw new Error(`there is no case ${name}`)
    return found.run(backendOf(backend)).then(() => null, textOf)
  },
  /** Whether a backend agrees with a file of the reference beside the page, and how it was compared; else what differs. */
  parity: async (backend: string, file: string): Promise<unknown> => {
    const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer())
    const found = pipe(
      decode(bytes),
      E.chain((tensors) => reference(tensors)),
    )
    if (E.isLeft(found)) return found.left
    const result = await parityOf(backendOf(backend), found.right)
    return within(result) ? `within, as a ${result.kind}` : result
  },
  /** What an executable says of itself, or why there is none. */
  description: async (backend: string, threads: number): Promise<string> => {
    const { outputs, feeds } = square(1)
    const compiled = compile(backendOf(backend), { threads })({ outputs, state: {} })
    return compiled.then(async (executable) => {
      await executable.run(feeds)
      await executable.dispose()
      return executable.description
    }, textOf)
  },
  /**
   * What a run says after a thread or the device is gone, whether the next run says the same, and that it can be
   * disposed of; `during`: it goes while the run is on its way.
   */
  losing: async (backend: string, during: boolean): Promise<readonly unknown[]> => {
    // what takes wasm 20 ms takes a device that the processor computes some seconds
    const { outputs, feeds } = square(during ? (backend === 'wasm' ? 1024 : 256) : 2)
    const executable = await compile(backendOf(backend), { threads: 2 })({ outputs, state: {} })
    await executable.run(feeds)
    const running = during ? executable.run(feeds) : null
    if (during) await underway()
    loseLast()
    const first = await (running ?? executable.run(feeds)).then(() => 'it went well', textOf)
    const second = await executable.run(feeds).then(() => 'it went well', textOf)
    await executable.dispose()
    return [first, first === second]
  },
  /** Whether the page does what it was asked for before a run while that is on its way. */
  lives: async (backend: string): Promise<boolean> => {
    const { outputs, feeds } = square(1024)
    const executable = await compile(backendOf(backend))({ outputs, state: {} })
    const { port1, port2 } = new MessageChannel()
    const task = new Promise((resolve) => {
      port1.onmessage = () => resolve('task')
    })
    port2.postMessage(null)
    const running = executable.run(feeds).then(() => 'run')
    const first = await Promise.race([running, task])
    await running
    await executable.dispose()
    port1.close()
    return first === 'task'
  },
}

Object.assign(globalThis, { jobs })
