/** Our results compared with those of the PyTorch reference, whichever of its files they are. */
import type { Backend, CompileOptions } from '../../plan/backend.ts'
import { parityAutoencoder } from './parityAutoencoder.ts'
import { type Deviation, parityCase } from './parityCase.ts'
import { parityTrajectory } from './parityTrajectory.ts'
import type { Reference } from './reference.ts'

export interface Parity {
  readonly kind: 'case' | 'trajectory'
  readonly deviations: readonly Deviation[]
  readonly limit: number
}

/**
 * The reference values are float32, so float64 agrees to about 1e-6; float32 errors accumulate over steps and sampling.
 */
const limits = { case: { f64: 1e-5, f32: 1e-4 }, trajectory: { f64: 1e-5, f32: 1e-3 } }

export const within = ({ deviations, limit }: Parity): boolean => deviations.every((f) => f.error <= limit)

export const parityOf = async (backend: Backend, file: Reference, options: CompileOptions = {}): Promise<Parity> => {
  const kind = file.names.includes('losses') ? 'trajectory' : 'case'
  const ofCase = file.model.objective === 'reconstruction' ? parityAutoencoder : parityCase
  const deviations = await (kind === 'case' ? ofCase : parityTrajectory)(backend, options, file)
  return { kind, deviations, limit: limits[kind][backend.precision] }
}
