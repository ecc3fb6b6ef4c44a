/**
 * Ours in a comparison of training steps: new inputs in, forward, backward, clipping, AdamW, EMA, the loss read back.
 * The times are of whole steps as the command line runs them; a loss that is not finite ends the run.
 */
import * as E from 'fp-ts/lib/Either.js'
import { wasm } from '../backends/wasm/index.ts'
import type { Executable, Named } from '../src/lower/backend.ts'
import { flopsOf } from '../src/lower/print.ts'
import { frequencies } from '../src/nn/embedding.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { size } from '../src/tensor/shape.ts'
import { oneHot } from '../src/train/batch.ts'
import { emaScalars } from '../src/train/ema.ts'
import { adamwScalars, fed } from '../src/train/optimiser.ts'
import { type Contestant, each, type Facts, type Running } from './harness.ts'
import { ours } from './line.ts'
import type { Trainable } from './model.ts'

const adamw = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, clip: 1 }
/** Different batches, which take turns. */
const batches = 3

const draw = (n: number, seed: number, scale: number): Float32Array =>
  Float32Array.from(normal(fold(key(0), seed), n), (x) => scale * x)

const initial = ({ flat, shapes: { batch } }: Trainable): Named => ({
  theta: draw(flat, 0, 0.05),
  first: new Float32Array(flat),
  second: new Float32Array(flat),
  average: new Float32Array(flat),
  weight: new Float32Array(batch).fill(1 / batch),
})

/** Inputs of one step, by the names of the plan's ports. */
const feedsOf = ({ shapes: { batch, classes } }: Trainable, ports: readonly (readonly [string, number])[]) => {
  const labels = (i: number) => Array.from({ length: batch }, (_, j) => (i + j) % (classes ?? 1))
  return (i: number): Named => ({
    ...Object.fromEntries(ports.map(([name, n], j) => [name, draw(n, 10 * (i + 1) + j, 1)])),
    time: draw(batch * frequencies, 5 + i, 0.7),
    ...oneHot(labels(i), classes),
    ...fed(adamwScalars(adamw, 1e-4, i + 1)),
    ...fed(emaScalars(0.999)),
  })
}

export interface Step {
  readonly executable: Executable
  readonly gflop: number
  readonly once: () => Promise<number>
  readonly facts: Facts
}

/** Compiled, with its state written. */
export const compiledStep = async (model: Trainable, threads: number): Promise<Step> => {
  const start = performance.now()
  const plan = model.plan()
  const executable = await wasm.compile(plan, { threads })
  const startup_ms = performance.now() - start
  await executable.write(initial(model))
  const ports = plan.inputs.flatMap(({ name, shape }): readonly (readonly [string, number])[] =>
    name === 'input' || name === 'target' ? [[name, size(shape)]] : [],
  )
  const feeds = Array.from({ length: batches }, (_, i) => feedsOf(model, ports)(i))
  let done = 0
  const once = async (): Promise<number> => {
    const { loss } = await executable.run(feeds[done++ % batches] ?? {})
    const value = loss?.[0] ?? Number.NaN
    if (!Number.isFinite(value)) throw new Error(`the loss of step ${done} is ${value}`)
    return value
  }
  const facts: Facts = {
    batch: model.shapes.batch,
    parameters: model.parameters,
    startup_ms: Math.round(startup_ms),
    arena_mib: Math.round(executable.bytes / 2 ** 20),
  }
  return { executable, gflop: flopsOf(plan) / 1e9, once, facts }
}

/** `more` are facts that were found out elsewhere. */
export const stepContestant = (model: Trainable, threads: number, more: Facts = {}): Contestant => ({
  by: ours,
  threads,
  start: async () => {
    const { executable, once, facts } = await compiledStep(model, threads)
    return E.right<never, Running>({
      steps: (n) => each(n, once),
      facts: { ...facts, ...more },
      stop: executable.dispose,
    })
  },
})

/** Products of one step, in GFLOP, counted in the plan. */
export const gflopOf = (model: Trainable): number => flopsOf(model.plan()) / 1e9
