/**
 * `diffit/train`: training of any loss. `train(backend)(task)` starts a run, `resume` continues a saved one; optimisers are
 * chains of links, learning rates are schedules of the images seen.
 */
export { type AdamW, adamw } from './adamw.ts'
export { type State, type States, stateFrom, tensorsOf } from './checkpoint.ts'
export { averaged, type Ema, emaDecay, emaFeeds } from './ema.ts'
export { inference } from './inference.ts'
export {
  type Adam,
  addDecayedWeights,
  clipByGlobalNorm,
  globalNorm,
  type Momentum,
  momentum,
  scaleByAdam,
  scaleByLearningRate,
} from './links.ts'
export { type Muon, type MuonMomentum, muon, scaleByMuon } from './muon.ts'
export { orthogonalise } from './newtonSchulz.ts'
export {
  chain,
  type Link,
  link,
  type Optimiser,
  type Progress,
  type StateSpec,
  type Step,
  type Updated,
} from './optimiser.ts'
export type { OptimiserKind, OptimiserSettings } from './optimiserKind.ts'
export { type OptimiserName, optimisers } from './optimisers.ts'
export { type Group, partition } from './partition.ts'
export { type Batches, type BatchFeeds, initialState, type Run, runOf, type StepResult, type Until } from './run.ts'
export {
  type Cooldown,
  constant,
  cooledDown,
  cosineDecay,
  type Decay,
  type InverseSqrt,
  inverseSqrt,
  linearDecay,
  type Rate,
  type Schedule,
  schedule,
  type Warmup,
  warmup,
} from './schedule.ts'
export { type ScheduleFree, scheduleFreeAdamW } from './scheduleFree.ts'
export { type RateScheduleName, rateSchedules, type ScheduleKind, type ScheduleSettings } from './schedules.ts'
export { type Sgd, sgd } from './sgd.ts'
export { type BatchSpec, type BatchTensors, type Task, task, trainingStep } from './step.ts'
export { resume, type SavedRun, train } from './train.ts'
