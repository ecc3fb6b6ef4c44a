/** DiffiT's layers and losses, with the gradients of all parameters and inputs. */
import { block, blockSpec } from '../../src/diffit/block.ts'
import { resblock, resblockSpec } from '../../src/diffit/resblock.ts'
import { tmsa, tmsaSpec } from '../../src/diffit/tmsa.ts'
import { networkLoss } from '../../src/diffusion/loss/loss.ts'
import { losses } from '../../src/diffusion/loss/losses.ts'
import { causalMask } from '../../src/nn/attention.ts'
import { withoutBias } from '../../src/nn/bias.ts'
import { conv, convSpec } from '../../src/nn/conv.ts'
import { multiHeadAttention, multiHeadAttentionSpec } from '../../src/nn/multiHeadAttention.ts'
import { groupNorm, groupNormSpec } from '../../src/nn/norm.ts'
import { arbitrary, flatSize, type Spec, unflatten } from '../../src/nn/spec.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { key, normal } from '../../src/random/key.ts'
import { input, mul, type Tensor } from '../../src/tensor/ops.ts'
import { type Shape, size } from '../../src/tensor/shape.ts'
import { vjp } from '../../src/transform/grad.ts'
import { agrees } from './agree.ts'
import type { Case } from './case.ts'

const config = { width: 8, heads: 2, window: 2, time_width: 6, mlp_ratio: 2 }
const tokens: Shape = [2, 3, config.window ** 2, config.width]
const time: Shape = [2, config.time_width]

const holds = async (
  backend: Backend,
  spec: Spec,
  shapes: readonly [Shape, Shape],
  apply: (theta: Tensor, x: Tensor, xt: Tensor) => Tensor,
): Promise<void> => {
  const [theta, x, xt] = [input('theta', [flatSize(spec)]), input('x', shapes[0]), input('xt', shapes[1])]
  const y = apply(theta, x, xt)
  const [dTheta = theta, dx = x, dxt = xt] = vjp(y, input('dy', y.shape), [theta, x, xt])
  await agrees(backend, 1e-4)(
    { y, dTheta, dx, dxt },
    {
      theta: arbitrary(spec)(key(1)),
      x: normal(key(2), size(x.shape)),
      xt: normal(key(3), size(xt.shape)),
      dy: normal(key(4), size(y.shape)),
    },
  )
}

export const layers: readonly Case[] = [
  {
    name: 'causal attention of many heads to itself and to a context, and its gradients',
    run: (backend) => {
      const spec = multiHeadAttentionSpec({ width: 8 })
      const attend = multiHeadAttention({ heads: 2 })
      const shapes = [
        [2, 5, 8],
        [2, 5, 8],
      ] as const
      return holds(backend, spec, shapes, (p, x, context) => {
        const params = unflatten(spec)(p)
        return attend(params)(attend(params)(x, { bias: causalMask(5) }), { context })
      })
    },
  },
  {
    name: 'depthwise and grouped convolutions with a group norm between, and their gradients',
    run: (backend) => {
      const spec = { depthwise: convSpec(3, 1, 8), norm: withoutBias(groupNormSpec(8)), grouped: convSpec(2, 4, 6) }
      const shapes = [
        [2, 6, 5, 8],
        [2, 3, 3, 6],
      ] as const
      return holds(backend, spec, shapes, (theta, x, other) => {
        const p = unflatten(spec)(theta)
        const y = groupNorm(4)(p.norm)(conv({ stride: 1, groups: 8 })(p.depthwise)(x))
        return mul(conv({ stride: 2, groups: 2 })(p.grouped)(y), other)
      })
    },
  },
  {
    name: 'TMSA and its gradients',
    run: (backend) => {
      const spec = tmsaSpec(config)
      return holds(backend, spec, [tokens, time], (p, x, xt) => tmsa(config)(unflatten(spec)(p))(x, xt))
    },
  },
  {
    name: 'the block and its gradients',
    run: (backend) => {
      const spec = blockSpec(config)
      return holds(backend, spec, [tokens, time], (p, x, xt) => block(config)(unflatten(spec)(p))(x, xt))
    },
  },
  {
    name: 'the ResBlock and its gradients',
    run: (backend) => {
      const wider = { ...config, from: 4 }
      const spec = resblockSpec(wider)
      return holds(backend, spec, [[2, 4, 4, 4], time], (p, x, xt) => resblock(wider)(unflatten(spec)(p))(x, xt))
    },
  },
  ...Object.values(losses).map(
    (own): Case => ({
      name: `the loss ${own.name} and its gradient`,
      run: async (backend) => {
        const [f, y, w] = [input('f', [3, 4, 4, 3]), input('y', [3, 4, 4, 3]), input('w', [3, 1, 1, 1])]
        const loss = networkLoss(own)(f, y, w)
        const [df = f] = vjp(loss, input('dy', []), [f])
        await agrees(backend)(
          { loss, df },
          {
            f: normal(key(1), 144),
            y: normal(key(2), 144),
            w: Float64Array.of(0.2, 0.5, 0.3),
            dy: Float64Array.of(1),
          },
        )
      },
    }),
  ),
]
