/** The two programs of a run, planned and compiled once: the training step, and the network alone. */
import { planOf } from '../lower/compile.ts'
import type { ConfiguredModel } from '../models/model.ts'
import type { Backend, CompileOptions, Executable } from '../plan/backend.ts'
import { flopsOf } from '../plan/cost.ts'
import { OutOfMemory } from '../plan/errors.ts'
import type { Plan } from '../plan/plan.ts'
import { fail } from './errors.ts'
import {
  fittingMicroBatch,
  interpolated,
  mebibytes,
  type Need,
  needOf,
  peakBytes,
  type Room,
  roomOf,
  shortage,
} from './memory.ts'
import { networkOf, objectiveOf } from './objectives/objectives.ts'
import type { Settings } from './settings/options.ts'

export { shapesOf } from './objectives/denoising.ts'

export const trainingPlan = (model: ConfiguredModel, settings: Settings, microBatch?: number): Plan =>
  planOf(objectiveOf(model, settings).training(microBatch).program())

export const networkPlan = (model: ConfiguredModel, batch: number): Plan => planOf(networkOf(model, batch))

/** FLOPs of an update: of its micro-batches together, and of the optimiser. */
export const updateFlops = (training: Plan, { training: { batch, micro_batch } }: Pick<Settings, 'training'>): number =>
  flopsOf(training) * (batch / micro_batch)

/** The plans of a run's two executables, which are held at the same time. */
export interface Plans {
  readonly training: Plan
  /** The network alone, for as many images. */
  readonly network: Plan
}

export const plansOf = (
  model: ConfiguredModel,
  settings: Settings,
  microBatch = settings.training.micro_batch,
): Plans => ({
  training: trainingPlan(model, settings, microBatch),
  network: networkPlan(model, microBatch),
})

const needsOf = ({ memory }: Backend, { training, network }: Plans): readonly Need[] => [
  needOf(training, memory),
  needOf(network, memory),
]

/** `why` continues the sentence "n images at a time"; micro-batches that fit need less than this one. */
const tooLarge = (model: ConfiguredModel, settings: Settings, backend: Backend, room: Room, why: string): never => {
  const { batch, micro_batch: microBatch } = settings.training
  const exact = (n: number): readonly Need[] => needsOf(backend, plansOf(model, settings, n))
  const fits = (needs: readonly Need[]): boolean => shortage(needs, room) === null
  const guess = interpolated({ microBatch: 1, needs: exact(1) }, { microBatch, needs: exact(microBatch) })
  let smaller = fittingMicroBatch(batch, microBatch, (n) => fits(guess(n)))
  while (smaller !== null && !fits(exact(smaller))) smaller = fittingMicroBatch(batch, smaller, (n) => fits(guess(n)))
  const advice =
    smaller === null ? 'no batch of this model fits' : `--micro-batch ${smaller} fits (or --batch ${smaller})`
  return fail(`${microBatch} images at a time ${why}: ${advice}`)
}

/** A shortage found by the backend: it needs more than estimated, or memory was taken meanwhile. */
const counted = ({ needed, available, where }: OutOfMemory): string =>
  `need ${mebibytes(needed)} of memory on ${where}${available === null ? '' : `, which has ${mebibytes(available)}`}`

/** Compiles the training step (`plansOf` this model and these settings), or says which batch size would fit. */
export const compileTraining = async (
  plans: Plans,
  model: ConfiguredModel,
  settings: Settings,
  backend: Backend,
  options: CompileOptions,
): Promise<Executable> => {
  const room = await roomOf(backend)
  const why = shortage(needsOf(backend, plans), room)
  if (why !== null) tooLarge(model, settings, backend, room, why)
  try {
    return await backend.compile(plans.training, options)
  } catch (error) {
    if (!(error instanceof OutOfMemory)) throw error
    const less = peakBytes(plans.training, backend.memory)
    return tooLarge(model, settings, backend, { ...room, plan: Math.min(room.plan ?? less, less) }, counted(error))
  }
}

/** A network for as many images at a time, and its plan. */
export interface NetworkOfBatch {
  readonly batch: number
  readonly plan: Plan
}

/**
 * The network for so many images at a time or, where the memory does not hold it, for the first half, quarter .. that it holds:
 * an image does not depend on the others of its batch. Where it holds not even one, the command ends.
 */
export const largestNetwork = async (
  model: ConfiguredModel,
  most: number,
  backend: Backend,
): Promise<NetworkOfBatch> => {
  const room = await roomOf(backend)
  const from = (batch: number): NetworkOfBatch => {
    const plan = networkPlan(model, batch)
    const why = shortage([needOf(plan, backend.memory)], room)
    if (why === null) return { batch, plan }
    return batch === 1
      ? fail(`this model does not fit: for one image at a time it would ${why}`)
      : from(Math.floor(batch / 2))
  }
  return from(most)
}

export const compileNetwork = async (
  plan: Plan,
  batch: number,
  backend: Backend,
  threads: number,
): Promise<Executable> => {
  const why = shortage([needOf(plan, backend.memory)], await roomOf(backend))
  if (why !== null) fail(`${batch} images at a time ${why}`)
  return backend.compile(plan, { threads })
}
