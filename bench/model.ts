/** A configuration of the reference (JSON), decoded into what timing its training step needs. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeModelConfig, type ModelConfig } from '../src/diffit/config.ts'
import { type Model, modelOf } from '../src/diffit/model.ts'
import { planOf } from '../src/lower/compile.ts'
import { count } from '../src/nn/spec.ts'
import type { Plan } from '../src/plan/plan.ts'
import { type Shapes, trainingStep } from '../src/train/step.ts'

export interface Trainable extends Pick<Model, 'spec'> {
  readonly config: ModelConfig
  readonly shapes: Shapes
  readonly parameters: number
  readonly plan: () => Plan
}

/** A left side says which field is wrong and what was expected. */
export const trainableOf = (raw: unknown, batch: number): E.Either<string, Trainable> =>
  pipe(
    decodeModelConfig(raw),
    E.map((config) => {
      const model = modelOf(config)
      const shapes = { batch, ...model.shape }
      return {
        config,
        shapes,
        spec: model.spec,
        parameters: count(model.spec),
        plan: () => planOf(trainingStep(model, { ...shapes, loss: 'mse', accumulates: false })),
      }
    }),
  )
