/** `diffit/diffusion`: EDM's noise levels and preconditioning, Heun's sampler. */
export { guide } from './guidance.ts'
export { type Coefficients, precondition, trainingPair } from './precondition.ts'
export { type Denoise, heun } from './sampler.ts'
export { drawSigma, edmLevels, edmNoise, type Levels, type NoiseDistribution, sigmas } from './schedule.ts'
export { timeEmbedding } from './timeEmbedding.ts'
