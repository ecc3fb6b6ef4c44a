/** What a run's settings say of every objective's task, the optimiser and the average, and the state that a run keeps of them. */
import type { ConfiguredModel } from '../models/model.ts'
import { gained } from '../nn/gain.ts'
import type { ByName, Leaf } from '../nn/spec.ts'
import type { State, States } from '../train/checkpoint.ts'
import { clipByGlobalNorm } from '../train/links.ts'
import { chain, type Optimiser } from '../train/optimiser.ts'
import { optimisers } from '../train/optimisers.ts'
import { type Cooldown, cooledDown } from '../train/schedule.ts'
import { rateSchedules } from '../train/schedules.ts'
import { evaluatedState, statesOf } from '../train/step.ts'
import type { Settings } from './settings/options.ts'

type Training = Settings['training']

/** @param cooldown the end of the run, once it is known */
export const optimiserOf = (
  { matrices }: Pick<ConfiguredModel, 'matrices'>,
  c: Training,
  cooldown: Cooldown | null = null,
): Optimiser => {
  const endless = rateSchedules[c.schedule].make({
    peak: c.learning_rate,
    warmup: c.warmup_images,
    images: c.schedule_images ?? Number.POSITIVE_INFINITY,
    decayFrom: c.decay_images,
  })
  const learningRate = cooldown === null ? endless : cooledDown(endless, cooldown)
  const settings = {
    learningRate,
    peak: c.learning_rate,
    matrixLearningRate: c.matrix_learning_rate,
    matrixMomentum: c.matrix_momentum,
    matrixWeightDecay: c.matrix_weight_decay,
    beta1: c.beta1,
    beta2: c.beta2,
    eps: c.eps,
    weightDecay: c.weight_decay,
    matrices,
  }
  return chain(clipByGlobalNorm(c.clip), optimisers[c.optimiser].make(settings))
}

/** An optimiser that averages by itself needs no second average. */
const averaging = (optimiser: Optimiser, { ema_half_life, ema_ramp }: Training) =>
  optimiser.evaluated === null ? { ema: { halfLife: ema_half_life, ramp: ema_ramp } } : {}

/**
 * A model's parameters with the initial values that settings ask for: blocks that start near the identity, tokens of unit
 * size.
 */
export const startingSpec = (
  model: Pick<ConfiguredModel, 'spec' | 'branches' | 'unitTokens'>,
  { block_gain, unit_tokens }: Training,
): ByName =>
  gained((leaf: Leaf): number => {
    const token = unit_tokens ? model.unitTokens(leaf) : null
    return token ?? (model.branches(leaf) ? block_gain : 1)
  })(model.spec)

/**
 * The optimiser, the average and the accumulation of a task.
 * @param microBatch images at a time, a divisor of the batch
 */
export const rulesOf = (model: Pick<ConfiguredModel, 'matrices'>, training: Training, microBatch: number) => {
  const optimiser = optimiserOf(model, training)
  return { accumulate: training.batch / microBatch, optimiser, ...averaging(optimiser, training) }
}

/** What a checkpoint of a run holds: the configuration of its model, and its states. */
export interface Held {
  readonly config: ConfiguredModel['config']
  readonly states: States
  /** The parameters to evaluate with. */
  readonly evaluated: (state: State) => State[string]
}

export const heldBy = (model: ConfiguredModel, { training }: Pick<Settings, 'training'>): Held => {
  const optimiser = optimiserOf(model, training)
  const task = { spec: model.spec, optimiser, ...averaging(optimiser, training) }
  const name = evaluatedState(task)
  return {
    config: model.config,
    states: statesOf(task),
    evaluated: (state) => {
      const values = state[name]
      if (values === undefined) throw new TypeError(`the state has no "${name}"`)
      return values
    },
  }
}
