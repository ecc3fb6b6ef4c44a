/** `diffit/train`: the program of a training step. */
export type { AdamW, Moments } from './optimiser.ts'
export { type StepOptions, trainingStep } from './step.ts'
