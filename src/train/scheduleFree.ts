/**
 * Schedule-free AdamW (Defazio et al. 2024, arXiv 2405.15682): no decay of the rate, and so no planned length. Gradients are
 * taken at y = (1 - b1) z + b1 x, z moves, and x averages the z: x is what to evaluate with.
 *
 *   z' = z - lr (g / (sqrt(v' / (1 - b2^t)) + eps) + decay y),   x' = (1 - c) x + c z',   c = lr^2 / sum of all lr^2
 */
import { add, div, mul, sqrt, square, sub } from '../tensor/ops.ts'
import { link, type Optimiser, type Progress } from './optimiser.ts'
import type { OptimiserKind } from './optimiserKind.ts'
import { type Rate, scheduleOf } from './schedule.ts'

export interface ScheduleFree {
  readonly learningRate: Rate
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
  readonly weightDecay?: number
}

export const scheduleFreeAdamW = ({
  learningRate,
  beta1 = 0.9,
  beta2 = 0.999,
  eps = 1e-8,
  weightDecay = 0,
}: ScheduleFree): Optimiser => {
  const rate = scheduleOf(learningRate)
  /** c of an update, whose images are an equal share of all so far. */
  const weight = ({ images, updates }: Progress): number => {
    const each = images / updates
    let sum = 0
    for (let t = 1; t <= updates; t++) sum += rate(t * each) ** 2
    return sum === 0 ? 1 : rate(images) ** 2 / sum
  }
  return link({
    name: 'scheduleFree',
    state: { z: 'parameters', x: 'parameters', v: 'zeros' },
    feeds: (at) => {
      const c = weight(at)
      return { rate: rate(at.images), bias2: 1 / Math.sqrt(1 - beta2 ** at.updates), fresh: c, kept: 1 - c }
    },
    update: ({ theta: y, updates: g, state, feeds }) => {
      const v = add(mul(state.v, beta2), mul(square(g), 1 - beta2))
      const direction = add(div(g, add(mul(sqrt(v), feeds.bias2), eps)), mul(y, weightDecay))
      const z = sub(state.z, mul(direction, feeds.rate))
      const x = add(mul(state.x, feeds.kept), mul(z, feeds.fresh))
      return { updates: sub(add(mul(z, 1 - beta1), mul(x, beta1)), y), state: { z, x, v } }
    },
    learningRate: ({ images }) => rate(images),
    end: rate.end,
    evaluated: 'x',
  })
}

export const scheduleFreeKind: OptimiserKind = {
  name: 'schedule_free',
  help: 'schedule-free AdamW, whose own average is what samples are drawn from',
  make: ({ learningRate, beta1, beta2, eps, weightDecay }) =>
    scheduleFreeAdamW({ learningRate, beta1, beta2, eps, weightDecay }),
}
