/** What specs of whole runs share. */
import { join } from 'node:path'
import { Failure } from '../../src/cli/errors.ts'

/** The sentence with which a run is refused. */
export const refusal = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'it did not fail',
    (error) => (error instanceof Failure ? error.message : `a defect: ${error}`),
  )

export const checkpoint = (out: string, step: number): string => join(out, 'checkpoints', `step-${step}.safetensors`)
