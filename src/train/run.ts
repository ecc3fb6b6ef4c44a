/**
 * A training that is under way: a compiled step, its state on the backend, and its progress. It uses no files, clocks or
 * terminals.
 *
 * Law: a step is a function of the state, the progress and the batch. Nothing else is remembered between steps, so a run
 * that is saved and resumed equals one that never stopped, bit for bit.
 */
import { flatSize, init, type Spec } from '../nn/spec.ts'
import type { Numbers } from '../plan/backend.ts'
import type { Feed, Feeds } from '../plan/compiled.ts'
import { FeedError } from '../plan/errors.ts'
import type { Key } from '../random/key.ts'
import type { State } from './checkpoint.ts'
import type { Progress } from './optimiser.ts'
import {
  type BatchSpec,
  type CompiledStep,
  evaluatedState,
  microBatchOf,
  scalarsOf,
  statesOf,
  type Task,
} from './step.ts'

/** The numbers of a micro-batch, by the names of its inputs; what else a batch has is left out. */
export type BatchFeeds<B extends BatchSpec> = { readonly [Name in keyof B]: Feed }

/** Micro-batches one after the other; a function gives the one that begins at an image, for ever. */
export type Batches<B extends BatchSpec> =
  | Iterable<BatchFeeds<B>>
  | AsyncIterable<BatchFeeds<B>>
  | ((images: number) => BatchFeeds<B>)

/** What a step gives: its number, the images so far, the loss, the gradient's norm and the learning rate. */
export interface StepResult {
  /** Updates so far, this one included. */
  readonly step: number
  /** Images so far. */
  readonly images: number
  readonly loss: number
  /** The norm of the gradient before the optimiser, so before clipping. */
  readonly gradientNorm: number
  /** Null for an optimiser without one. */
  readonly learningRate: number | null
}

/** Where a run ends. */
export interface Until {
  /** Updates of the whole run, those before a `resume` included, after which there are no more steps. */
  readonly updates: number
}

/** A training that is under way: its steps, its parameters and its state. */
export interface Run<B extends BatchSpec = BatchSpec> {
  /** Updates done, images seen. */
  readonly progress: () => Progress
  /**
   * One update per item; with accumulation it takes several micro-batches. The next one is made while the backend computes.
   * It ends with the batches, or when the run has done so many updates: then no batch is asked for in vain.
   */
  readonly steps: (batches: Batches<B>, until?: Until) => AsyncGenerator<StepResult, void, void>
  /** One update with one batch; with accumulation, with as many micro-batches as that says. */
  readonly step: (...batch: readonly BatchFeeds<B>[]) => Promise<StepResult>
  /** The parameters [P] to evaluate with: averaged where there is an average, else as they are. `numbered(spec)` gives the tree. */
  readonly parameters: () => Promise<Numbers>
  /** The state by name, and setting it. */
  readonly state: () => Promise<State>
  readonly load: (state: State, progress: Progress) => Promise<void>
  readonly description: string
  /** Frees memory and threads. */
  readonly dispose: () => Promise<void>
}

/** The state at the beginning: parameters as their spec initialises them, from the key. */
export const initialState = (task: Pick<Task<Spec, BatchSpec>, 'spec' | 'optimiser' | 'ema'>, key: Key): State => {
  const theta = init(task.spec)(key)
  return Object.fromEntries(
    Object.entries(statesOf(task)).map(([name, { spec, from }]) => [
      name,
      from === 'parameters' ? theta : new Float64Array(flatSize(spec)),
    ]),
  )
}

type Source<B extends BatchSpec> = AsyncIterator<BatchFeeds<B>> | Iterator<BatchFeeds<B>>

const sourceOf = <B extends BatchSpec>(batches: Batches<B>, from: number, microBatch: number): Source<B> => {
  if (typeof batches === 'function') {
    let images = from
    return {
      next: () => {
        const value = batches(images)
        images += microBatch
        return { value, done: false }
      },
    }
  }
  return Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]()
}

/**
 * A run of a compiled step (`trainingStep` of the task), whose state is loaded before the first step.
 * @param start the progress at which it takes over a state that is there already
 */
export const runOf = <S extends Spec, B extends BatchSpec>(
  executable: Pick<CompiledStep, 'run' | 'read' | 'write' | 'description' | 'dispose'>,
  task: Pick<Task<S, B>, 'spec' | 'batch' | 'optimiser' | 'ema' | 'accumulate'>,
  start: Progress = { images: 0, updates: 0 },
): Run<B> => {
  const { accumulate = 1, optimiser } = task
  const microBatch = microBatchOf(task.batch)
  const imagesOfUpdate = microBatch * accumulate
  const names = Object.keys(statesOf(task))
  const own = (batch: BatchFeeds<B>): Feeds => {
    const missing = Object.keys(task.batch).find((name) => !Object.hasOwn(batch, name))
    if (missing !== undefined)
      throw new FeedError(`A batch has no "${missing}": expected ${Object.keys(task.batch).join(', ')}.`)
    return Object.fromEntries(Object.entries(batch).filter(([name]) => Object.hasOwn(task.batch, name)))
  }
  let progress: Progress = start

  const stepsOf = async function* (
    source: Source<B>,
    last = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<StepResult, void, void> {
    try {
      if (progress.updates >= last) return
      let coming = source.next()
      while (progress.updates < last) {
        const next: Progress = { images: progress.images + imagesOfUpdate, updates: progress.updates + 1 }
        let result: { readonly loss: number; readonly gradientNorm: number } | null = null
        for (let part = 0; part < accumulate; part++) {
          const item = await coming
          if (item.done === true) return
          const running = executable.run({ ...own(item.value), ...scalarsOf(task, next, imagesOfUpdate, part) })
          if (part + 1 < accumulate || next.updates < last) {
            // a failure of the batch after this one is of the next step
            coming = Promise.resolve().then(() => source.next())
            coming.catch(() => undefined)
          }
          result = await running
        }
        if (result === null) throw new TypeError('an update has no micro-batch')
        progress = next
        yield { step: next.updates, images: next.images, ...result, learningRate: optimiser.learningRate(next) }
      }
    } finally {
      await source.return?.()
    }
  }
  const evaluated = evaluatedState(task)
  return {
    progress: () => progress,
    steps: (batches, until) => stepsOf(sourceOf(batches, progress.images, microBatch), until?.updates),
    step: async (...batch) => {
      if (batch.length !== accumulate)
        throw new RangeError(`an update takes ${accumulate} micro-batches, but ${batch.length} were given`)
      const { value } = await stepsOf(batch[Symbol.iterator]()).next()
      if (value === undefined) throw new TypeError('a step gave no result')
      return value
    },
    parameters: async () => {
      const [values] = Object.values(await executable.read([evaluated]))
      if (values === undefined) throw new TypeError(`the backend gave no "${evaluated}"`)
      return values
    },
    state: () => executable.read(names),
    load: async (state, at) => {
      await executable.write(state)
      progress = at
    },
    description: executable.description,
    dispose: executable.dispose,
  }
}
