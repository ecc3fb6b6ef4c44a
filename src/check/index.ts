/** `diffit/check`: does the gradient of a layer agree with its values, and does a primitive keep to what it declares? */
export { agreementLaw } from './agreement.ts'
export { type CheckOptions, checkGradient, GradientError, gradientHolds } from './gradient.ts'
export { type Law, LawError } from './law.ts'
export type { Point, Points, Tensors } from './point.ts'
export { primitiveLaws } from './primitive.ts'
export type { Finding, Report } from './report.ts'
