/** The two programs of a run, planned and compiled once: the training step, and the network alone. */
import type { ModelConfig } from '../diffit/config.ts'
import { modelOf } from '../diffit/model.ts'
import type { Backend, CompileOptions, Executable } from '../lower/backend.ts'
import { planOf } from '../lower/compile.ts'
import type { Plan } from '../lower/plan.ts'
import { forward, type Shapes, trainingStep } from '../train/step.ts'
import { fail } from './errors.ts'
import { availableBytes, fits, fittingPart, mebibytes, peakBytes } from './memory.ts'
import type { Settings } from './settings.ts'

export const shapesOf = (model: ModelConfig, batch: number): Shapes => ({ batch, ...modelOf(model).shape })

export const trainingPlan = ({ model, training }: Settings, part: number = training.micro_batch): Plan =>
  planOf(
    trainingStep(modelOf(model), {
      ...shapesOf(model, part),
      loss: training.loss,
      gathers: part !== training.batch,
    }),
  )

export const networkPlan = (model: ModelConfig, batch: number): Plan =>
  planOf(forward(modelOf(model), shapesOf(model, batch)))

const tooLarge = (settings: Settings, backend: Backend, bytes: number, available: number): never => {
  const { batch, micro_batch: part } = settings.training
  const smaller = fittingPart(batch, part, (n) => peakBytes(trainingPlan(settings, n), backend), available)
  const advice =
    smaller === null ? 'no batch of this model fits' : `--micro-batch ${smaller} fits (or --batch ${smaller})`
  return fail(
    `${part} images at a time need about ${mebibytes(bytes)} of memory, more than the ${mebibytes(available)} there are on ${backend.name}: ${advice}`,
  )
}

/** Compiles the training step (`trainingPlan` of these settings), or says which batch would fit. */
export const compileTraining = async (
  plan: Plan,
  settings: Settings,
  backend: Backend,
  options: CompileOptions,
): Promise<Executable> => {
  const [bytes, available] = [peakBytes(plan, backend), availableBytes(backend)]
  if (!fits(bytes, available)) tooLarge(settings, backend, bytes, available)
  try {
    return await backend.compile(plan, options)
  } catch (error) {
    // the backend's own count of bytes is larger than ours, or the machine has given its memory away meanwhile
    if (error instanceof Error && /bytes of memory|allocation failed/i.test(error.message))
      return tooLarge(settings, backend, bytes, Math.min(available, bytes))
    throw error
  }
}

export const compileNetwork = async (
  plan: Plan,
  batch: number,
  backend: Backend,
  threads: number,
): Promise<Executable> => {
  const [bytes, available] = [peakBytes(plan, backend), availableBytes(backend)]
  if (!fits(bytes, available))
    fail(
      `${batch} images at a time need about ${mebibytes(bytes)} of memory, more than the ${mebibytes(available)} there are on ${backend.name}`,
    )
  return backend.compile(plan, { threads })
}
