/** Training in one expression: `train(backend)(task)` compiles the step and starts a run, `resume` continues a saved one. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { SafeTensors } from '../io/safetensors.ts'
import { compile } from '../lower/compile.ts'
import type { Spec } from '../nn/spec.ts'
import type { Backend, CompileOptions } from '../plan/backend.ts'
import type { Key } from '../random/key.ts'
import { type State, stateFrom, tensorsOf } from './checkpoint.ts'
import { type File, read, write } from './host.ts'
import type { Progress } from './optimiser.ts'
import { initialState, type Run, runOf } from './run.ts'
import { type BatchSpec, statesOf, type Task, trainingStep } from './step.ts'

/** A run that can be saved to a file. */
export interface SavedRun<B extends BatchSpec> extends Run<B> {
  /**
   * Writes the state into a safetensors file, whole or not at all; `resume` continues from it. In a page the path is one of
   * the origin's private files.
   */
  readonly save: (path: string) => Promise<void>
}

const format = 'diffit training 1'

const fileOf = (task: Pick<Task<Spec, BatchSpec>, 'spec' | 'optimiser' | 'ema'>, state: State, at: Progress): File => ({
  tensors: tensorsOf(statesOf(task), state),
  metadata: { format, images: String(at.images), updates: String(at.updates) },
})

const whole = (text: string | undefined): number | null =>
  text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null

/** The state and the progress in a file, for a task of the same parameters and optimiser. */
const contentOf = (
  task: Pick<Task<Spec, BatchSpec>, 'spec' | 'optimiser' | 'ema'>,
  { tensors, metadata }: SafeTensors,
): E.Either<string, { readonly state: State; readonly at: Progress }> => {
  const [images, updates] = [whole(metadata.images), whole(metadata.updates)]
  if (metadata.format !== format || images === null || updates === null)
    return E.left(`it is not a saved training: expected "${format}" with images and updates in its metadata`)
  return pipe(
    stateFrom(statesOf(task))(tensors),
    E.map((state) => ({ state, at: { images, updates } })),
  )
}

const started = async <S extends Spec, const B extends BatchSpec>(
  backend: Backend,
  options: CompileOptions,
  task: Task<S, B>,
  state: State,
  at: Progress,
): Promise<SavedRun<B>> => {
  const run = runOf(await compile(backend, options)(trainingStep(task)), task)
  try {
    await run.load(state, at)
  } catch (error) {
    await run.dispose()
    throw error
  }
  return { ...run, save: async (path) => write(path, fileOf(task, await run.state(), run.progress())) }
}

/**
 * Compiles the step of a task for a backend and initialises its parameters from the key. Rejects as `compile` does, with
 * the error of the operation that is wrong.
 */
export const train =
  (backend: Backend, options: CompileOptions = {}) =>
  <S extends Spec, const B extends BatchSpec>(task: Task<S, B> & { readonly key: Key }): Promise<SavedRun<B>> =>
    started(backend, options, task, initialState(task, task.key), { images: 0, updates: 0 })

/**
 * Continues a training that `save` wrote, for a task of the same parameters and optimiser. Rejects with one sentence that
 * names the file where it is missing, damaged or of another task.
 */
export const resume =
  (backend: Backend, options: CompileOptions = {}) =>
  async <S extends Spec, const B extends BatchSpec>(path: string, task: Task<S, B>): Promise<SavedRun<B>> => {
    const content = contentOf(task, await read(path))
    if (E.isLeft(content)) throw new Error(`${path}: ${content.left}`)
    return started(backend, options, task, content.right.state, content.right.at)
  }
