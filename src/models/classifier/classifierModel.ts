/**
 * A small convolutional classifier: per level a convolution (of stride 2 after the first level) and another one, at the end
 * one more of stride 2; then the mean over all pixels, one hidden layer, whose output are the features, and the class scores.
 */
import { flow, pipe } from 'fp-ts/lib/function.js'
import { conv, convSpec } from '../../nn/conv.ts'
import { linear, linearSpec } from '../../nn/linear.ts'
import { groupNorm, groupNormSpec } from '../../nn/norm.ts'
import { kaiming } from '../../nn/parameter.ts'
import { globalAveragePool } from '../../nn/pool.ts'
import type { Params } from '../../nn/spec.ts'
import { at } from '../../tensor/axes.ts'
import { silu, type Tensor } from '../../tensor/ops.ts'
import type { Classify } from '../model.ts'
import type { ClassifierConfig } from './classifierConfig.ts'

interface Stage {
  readonly from: number
  readonly to: number
  readonly stride: number
}

const stagesOf = ({ channels, widths }: ClassifierConfig): readonly Stage[] => {
  const last = at(widths, widths.length - 1)
  return [
    ...widths.flatMap((width, i) => [
      { from: i === 0 ? channels : at(widths, i - 1), to: width, stride: i === 0 ? 1 : 2 },
      { from: width, to: width, stride: 1 },
    ]),
    { from: last, to: last, stride: 2 },
  ]
}

/** The parameters of the classifier of a configuration. */
export const classifierSpec = (c: ClassifierConfig) => ({
  body: stagesOf(c).map(({ from, to }) => ({ conv: convSpec(3, from, to, kaiming), norm: groupNormSpec(to) })),
  fc: linearSpec(at(c.widths, c.widths.length - 1), c.features),
  out: linearSpec(c.features, c.classes),
})
/** The parameters of the classifier. */
export type ClassifierParams = Params<ReturnType<typeof classifierSpec>>

/** `features`: x [b, h, w, channels] -> [b, features]; `logits`: features [b, features] -> [b, classes]. */
export const classifierModel = (c: ClassifierConfig) => {
  const stages = stagesOf(c)
  return {
    spec: classifierSpec(c),
    apply: (p: ClassifierParams): Classify => ({
      features: (image: Tensor): Tensor =>
        pipe(
          p.body.reduce(
            (x, { conv: kernel, norm }, i) =>
              pipe(x, conv({ stride: at(stages, i).stride, padding: 1 })(kernel), groupNorm(c.groups)(norm), silu),
            image,
          ),
          flow(globalAveragePool, linear(p.fc), silu),
        ),
      logits: linear(p.out),
    }),
  }
}
