/** A configuration of the reference (JSON), read into a network and the shapes of its inputs. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeImageConfig } from '../src/diffit/config.ts'
import { imageModel } from '../src/diffit/image.ts'
import { type Program, planOf } from '../src/lower/compile.ts'
import type { Plan } from '../src/lower/plan.ts'
import { count, flatSize } from '../src/nn/spec.ts'
import { type Shapes, trainingStep } from '../src/train/step.ts'

/** Everything about a model that timing its training step needs. */
export interface Trainable {
  readonly shapes: Shapes
  readonly parameters: number
  /** Length of the flat vector of parameters. */
  readonly flat: number
  readonly plan: () => Plan
}

const trainable = (shapes: Shapes, spec: Parameters<typeof count>[0], step: () => Program): Trainable => ({
  shapes,
  parameters: count(spec),
  flat: flatSize(spec),
  plan: () => planOf(step()),
})

/** A left side says which field is wrong and what was expected. */
export const trainableOf = (raw: unknown, batch: number): E.Either<string, Trainable> =>
  pipe(
    decodeImageConfig(raw),
    E.map((config) => {
      const { image_size: size, channels, classes } = config
      const shapes = { batch, size, channels, classes }
      const model = imageModel(config)
      return trainable(shapes, model.spec, () => trainingStep(model, { ...shapes, loss: 'mse', gathers: false }))
    }),
  )
