/** `diffit/check`: does the gradient of a layer agree with its values? */
export {
  type CheckOptions,
  checkGradient,
  type Finding,
  GradientError,
  gradientHolds,
  type Report,
} from './gradient.ts'
export type { Point, Points, Tensors } from './point.ts'
