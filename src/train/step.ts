/**
 * One training step as one program: the network, its loss, the gradient, clipping, AdamW and EMA, over state that stays on
 * the backend. Also the network alone, for sampling and validation.
 *
 *   (theta, first, second, average[, accumulated], batch, scalars of the step) -> (the same state, loss, gradient norm)
 *
 * With gradient accumulation the same plan runs once per micro-batch: `kept` 0 starts a new sum of gradients, 1 adds to
 * it, and `hold` (optimiser.ts) leaves the rest of the state unchanged until the last micro-batch.
 */
import type { ImageShape } from '../diffusion/imageShape.ts'
import { type LossName, networkLoss } from '../diffusion/loss.ts'
import { frequencies } from '../nn/embedding.ts'
import { flatSize, flatten, type Params, type Spec, unflatten } from '../nn/spec.ts'
import type { Program } from '../plan/program.ts'
import { add, input, mul, type Tensor } from '../tensor/ops.ts'
import { valueAndGrad } from '../transform/grad.ts'
import { averaged } from './ema.ts'
import { adamw, globalNorm } from './optimiser.ts'

/**
 * A network F as the trainer sees it: x [b, h, w, c], time [b, 256], labels one-hot [b, classes + 1] or null ->
 * [b, h, w, out].
 */
export interface Network<S extends Spec> {
  readonly spec: S
  readonly apply: (params: Params<S>) => (x: Tensor, time: Tensor, labels: Tensor | null) => Tensor
}

export interface Shapes extends ImageShape {
  readonly batch: number
}

const conditions = ({ batch, size, channels, classes }: Shapes) => ({
  x: input('input', [batch, size, size, channels]),
  time: input('time', [batch, frequencies]),
  labels: classes === null ? null : input('labels', [batch, classes + 1]),
})

export interface StepOptions extends Shapes {
  readonly loss: LossName
  /** Whether gradients of several micro-batches are accumulated before an update. */
  readonly accumulates: boolean
}

/** The names of the state in programs. */
export const stateNames = ['theta', 'first', 'second', 'average'] as const
export type StateName = (typeof stateNames)[number]

/** The target has the shape of the network's output, which may have more channels than its input. */
export const trainingStep = <S extends Spec>({ spec, apply }: Network<S>, o: StepOptions): Program => {
  const P = flatSize(spec)
  const theta = input('theta', [P])
  const average = input('average', [P])
  const { x, time, labels } = conditions(o)
  const weight = input('weight', [o.batch, 1, 1, 1])

  const [ownLoss, tree] = valueAndGrad((params: Params<S>) => {
    const f = apply(params)(x, time, labels)
    return networkLoss(o.loss)(f, input('target', f.shape), weight)
  })(unflatten(spec)(theta))

  const accumulated = input('accumulated', [P])
  const accumulatedLoss = input('accumulatedLoss', [])
  const kept = input('kept', [])
  const own = flatten(spec)(tree)
  const gradient = o.accumulates ? add(mul(accumulated, kept), own) : own
  const loss = o.accumulates ? add(mul(accumulatedLoss, kept), ownLoss) : ownLoss
  const gradientNorm = globalNorm(gradient)

  const next = adamw({ theta, first: input('first', [P]), second: input('second', [P]) }, gradient, gradientNorm)
  return {
    outputs: { loss, gradientNorm },
    state: {
      ...next,
      average: averaged(average, next.theta),
      ...(o.accumulates ? { accumulated: gradient, accumulatedLoss: loss } : {}),
    },
  }
}

/** F(input, time, labels) [b, h, w, out] with parameters `theta` [P], which a run does not change. */
export const forward = <S extends Spec>({ spec, apply }: Network<S>, shapes: Shapes): Program => {
  const { x, time, labels } = conditions(shapes)
  return { outputs: { network: apply(unflatten(spec)(input('theta', [flatSize(spec)])))(x, time, labels) }, state: {} }
}
