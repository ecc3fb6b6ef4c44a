/** A classifier's training as a task of `train`: cross-entropy over micro-batches of pictures with labels. Also the network alone. */
import { smoothedCrossEntropy } from '../nn/crossEntropy.ts'
import { dropout } from '../nn/dropout.ts'
import { flatSize, type Params, type Spec, unflatten } from '../nn/spec.ts'
import type { Declared, None, Program } from '../plan/program.ts'
import { sizeAt } from '../tensor/axes.ts'
import { input, mean, type Tensor } from '../tensor/ops.ts'
import type { Task } from '../train/step.ts'

/** The shapes of a micro-batch: images at a time, their size in pixels, channels and classes. */
export interface Shapes {
  /** Images at a time. */
  readonly batch: number
  /** Height and width, in pixels. */
  readonly size: number
  readonly channels: number
  readonly classes: number
}

/** A network whose class scores are a function of features: x [b, h, w, c] -> [b, f] -> [b, classes]. */
export interface Classifier<S extends Spec> {
  readonly spec: S
  readonly apply: (params: Params<S>) => {
    readonly features: (x: Tensor) => Tensor
    readonly logits: (features: Tensor) => Tensor
  }
}

type JudgementProgram = Program<{ readonly features: Tensor; readonly logits: Tensor }, None, readonly Tensor[], None>

/** Features [b, f] and class scores [b, classes] of `image` [b, h, w, c], with parameters `theta` [P], which a run does not change. */
export const judgement = <S extends Spec>(
  { spec, apply }: Classifier<S>,
  { batch, size, channels }: Shapes,
): JudgementProgram => {
  const network = apply(unflatten(spec)(input('theta', [flatSize(spec)])))
  const features = network.features(input('image', [batch, size, size, channels]))
  return { outputs: { features, logits: network.logits(features) } }
}

/** The inputs of a training step. */
type ClassificationBatch = {
  readonly image: Declared
  readonly label: Declared
  /** Zeros and ones: the features that dropout keeps. */
  readonly keep: Declared
}

/** What `classificationTask` takes beside the network: shapes, smoothing of labels, dropout of features, optimiser, average. */
export interface ClassificationOptions
  extends Shapes,
    Pick<Task<Spec, ClassificationBatch>, 'optimiser' | 'ema' | 'accumulate'> {
  /** The share of a label that is spread over all classes. */
  readonly smoothing: number
  /** The share of features that is dropped. */
  readonly dropout: number
}

/** The training of a classifier as a task of `train`. */
export type ClassificationTask<S extends Spec> = Task<S, ClassificationBatch>

/** The width f of a network's features. */
export const featuresOf = <S extends Spec>(network: Classifier<S>, shapes: Shapes): number => {
  const { features } = judgement(network, { ...shapes, batch: 1 }).outputs ?? {}
  if (features === undefined) throw new TypeError('a judgement has features')
  return sizeAt(features.shape, 1)
}

/** The task of a network: the mean over images of the cross-entropy of scores of features, some of them dropped. */
export const classificationTask = <S extends Spec>(
  network: Classifier<S>,
  { smoothing, dropout: rate, batch, size, channels, classes, ...rules }: ClassificationOptions,
): ClassificationTask<S> => {
  return {
    spec: network.spec,
    ...rules,
    batch: {
      image: [batch, size, size, channels],
      label: { shape: [batch], below: classes },
      keep: [batch, featuresOf(network, { batch, size, channels, classes })],
    },
    loss: (params, { image, label, keep }) => {
      const { features, logits } = network.apply(params)
      return mean(smoothedCrossEntropy(smoothing)(logits(dropout(rate)(features(image), keep)), label))
    },
  }
}
