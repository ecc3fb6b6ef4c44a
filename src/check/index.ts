/** `diffit/check`: does the gradient of a layer agree with its values? */
export { type CheckOptions, checkGradient, GradientError, gradientHolds } from './gradient.ts'
export type { Point, Points, Tensors } from './point.ts'
export type { Finding, Report } from './report.ts'
