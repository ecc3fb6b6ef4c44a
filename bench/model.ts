/** A configuration of the reference (JSON), decoded into what timing its training step needs. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { mse } from '../src/diffusion/loss/mse.ts'
import { denoisingTask, type Shapes } from '../src/diffusion/task.ts'
import { planOf } from '../src/lower/compile.ts'
import type { ConfiguredModel, ModelConfig } from '../src/models/model.ts'
import { decodeDenoiser } from '../src/models/models.ts'
import { count } from '../src/nn/spec.ts'
import type { Plan } from '../src/plan/plan.ts'
import { trainingStep } from '../src/train/step.ts'
import { optimiser } from './optimiser.ts'

export interface Trainable extends Pick<ConfiguredModel, 'spec'> {
  readonly config: ModelConfig
  readonly shapes: Shapes
  readonly parameters: number
  readonly plan: () => Plan
}

/** A left side says which field is wrong and what was expected. */
export const trainableOf = (raw: unknown, batch: number): E.Either<string, Trainable> =>
  pipe(
    decodeDenoiser(raw),
    E.map((model) => {
      const shapes = { batch, ...model.shape }
      return {
        config: model.config,
        shapes,
        spec: model.spec,
        parameters: count(model.spec),
        plan: () =>
          planOf(
            trainingStep(denoisingTask(model, { ...shapes, loss: mse, optimiser, ema: { halfLife: 1, ramp: 1 } })),
          ),
      }
    }),
  )
