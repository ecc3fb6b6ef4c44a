/**
 * A network's training as a task of `train`: the loss between its answer F and the process's target, over micro-batches of
 * noised images. Also the network alone, for sampling and validation, and the batches themselves.
 */
import { frequencies } from '../nn/embedding.ts'
import { flatSize, type Params, parameterInputs, type Spec, unflatten } from '../nn/spec.ts'
import type { Declared, None, Program } from '../plan/program.ts'
import { fold, type Key } from '../random/key.ts'
import { sizeAt } from '../tensor/axes.ts'
import { add, input, ShapeError, type Tensor, take } from '../tensor/ops.ts'
import type { Task } from '../train/step.ts'
import { type Batching, type StepFeeds, stepFeeds } from './batch.ts'
import type { ImageShape } from './imageShape.ts'
import { boundSize } from './loss/boundTerms.ts'
import { type Loss, networkLoss } from './loss/loss.ts'
import { variationalBound } from './loss/variationalBound.ts'
import { type LabelledImage, type NoisedImage, type Noising, noised } from './noise/noised.ts'

/** The shapes of a micro-batch: images at a time, their size in pixels, channels and classes. */
export interface Shapes extends ImageShape {
  /** Images at a time. */
  readonly batch: number
}

/**
 * A network F: x [b, h, w, c], time [b, 256], labels one-hot [b, classes + 1] or null, labels of augmentation [b, 9] or null
 * -> [b, h, w, out]; `out` is c, or 2 c of a network that learns the variance too.
 */
export interface Network<S extends Spec> {
  readonly spec: S
  readonly apply: (
    params: Params<S>,
  ) => (x: Tensor, time: Tensor, labels: Tensor | null, augment: Tensor | null) => Tensor
}

const conditions = ({ batch, size, channels, classes, augmentLabels }: Shapes) => ({
  x: input('input', [batch, size, size, channels]),
  time: input('time', [batch, frequencies]),
  labels: classes === null ? null : input('labels', [batch, classes + 1]),
  augment: augmentLabels === undefined ? null : input('augment', [batch, augmentLabels]),
})

type ForwardProgram = Program<{ readonly network: Tensor }, None, readonly Tensor[], None>

/** [b, h, w, out] */
const answerFrom = <S extends Spec>({ apply }: Network<S>, params: Params<S>, shapes: Shapes): Tensor => {
  const { x, time, labels, augment } = conditions(shapes)
  return apply(params)(x, time, labels, augment)
}
const answerOf = <S extends Spec>(network: Network<S>, shapes: Shapes): Tensor =>
  answerFrom(network, unflatten(network.spec)(input('theta', [flatSize(network.spec)])), shapes)

/** F(input, time, labels, augment) [b, h, w, out] with parameters `theta` [P], which a run does not change. */
export const forward = <S extends Spec>(network: Network<S>, shapes: Shapes): ForwardProgram => ({
  outputs: { network: answerOf(network, shapes) },
})

/**
 * The same with every parameter an input of its own, under its file name (`parameterInputs` of `diffit/nn`): of a network of hundreds of
 * millions of parameters, which are written one after another and lie in memory once.
 */
export const forwardByName = <S extends Spec>(network: Network<S>, shapes: Shapes): ForwardProgram => ({
  outputs: { network: answerFrom(network, parameterInputs(network.spec), shapes) },
})

/** F and the variance of an answer [b, h, w, 2 c]. */
const halves = (answer: Tensor): readonly [Tensor, Tensor] => {
  const c = sizeAt(answer.shape, 3) / 2
  return [take(3, 0, c)(answer), take(3, c, 2 * c)(answer)]
}

/** The inputs of a training step. */
type DenoisingBatch = {
  readonly input: Declared
  readonly time: Declared
  readonly target: Declared
  readonly weight: Declared
  readonly labels?: Declared
  /** Of a network that learns the variance: the clean images, and the terms of the bound. */
  readonly clean?: Declared
  readonly bound?: Declared
  readonly augment?: Declared
}

/** What `denoisingTask` takes beside the network: shapes of a micro-batch, loss, optimiser, average. */
export interface DenoisingOptions extends Shapes, Pick<Task<Spec, DenoisingBatch>, 'optimiser' | 'ema' | 'accumulate'> {
  readonly loss: Loss
}

/** The training of a network as a task of `train`. */
export type DenoisingTask<S extends Spec> = Task<S, DenoisingBatch>

/**
 * Whether a network answers a variance too: 2 c channels instead of c. Another number is a `ShapeError`.
 */
export const learnsVariance = <S extends Spec>(network: Network<S>, shape: ImageShape): boolean => {
  const answer = answerOf(network, { ...shape, batch: 1 })
  const out = sizeAt(answer.shape, 3)
  const { channels } = shape
  if (out !== channels && out !== 2 * channels)
    throw new ShapeError(
      'denoisingTask',
      [answer],
      `the network answers ${out} channels for images of ${channels}: expected ${channels}, or ${2 * channels} with a variance`,
    )
  return out !== channels
}

/**
 * The task of a network. One that answers c channels is trained by the loss of F; one that answers 2 c, F and a variance, by
 * the hybrid loss (Nichol and Dhariwal 2021, Eq. 16): the same of F, plus the variational bound of the variance
 * (`variationalBound`). Its batches need a discrete process and `variance: true` (`Batching`).
 */
export const denoisingTask = <S extends Spec>(
  network: Network<S>,
  { loss, batch, size, channels, classes, augmentLabels, ...rules }: DenoisingOptions,
): DenoisingTask<S> => {
  const images = [batch, size, size, channels]
  const own = augmentLabels === undefined ? {} : { augmentLabels }
  const variance = learnsVariance(network, { size, channels, classes, ...own })
  return {
    spec: network.spec,
    ...rules,
    batch: {
      input: images,
      time: [batch, frequencies],
      target: images,
      weight: [batch, 1, 1, 1],
      ...(classes === null ? {} : { labels: [batch, classes + 1] }),
      ...(augmentLabels === undefined ? {} : { augment: [batch, augmentLabels] }),
      ...(variance ? { clean: images, bound: [batch, 1, 1, boundSize] } : {}),
    },
    loss: (params, { input: x, time, target, weight, labels, augment, clean, bound: terms }) => {
      const answer = network.apply(params)(x, time, labels ?? null, augment ?? null)
      if (clean === undefined || terms === undefined) return networkLoss(loss)(answer, target, weight)
      const [f, v] = halves(answer)
      return add(networkLoss(loss)(f, target, weight), variationalBound({ f, v, target, clean, terms }))
    },
  }
}

/** The clean image at a position of the endless training stream. */
export type Examples = (position: number) => LabelledImage

/** The image at a position with its noise, drawn from the position's own key. */
export const noisedAt =
  (noising: Noising, key: Key, examples: Examples) =>
  (position: number): NoisedImage =>
    noised(noising)(fold(key, position), examples(position))

/** The micro-batch of `batch` images that begins at a position of the stream; its loss is a mean over them. */
export const noisedBatches =
  (
    noising: Noising,
    key: Key,
    examples: Examples,
    { batch, ...batching }: Omit<Batching, 'whole'> & { batch: number },
  ) =>
  (position: number): StepFeeds => {
    const shown = noisedAt(noising, key, examples)
    return stepFeeds(
      Array.from({ length: batch }, (_, i) => shown(position + i)),
      { ...batching, whole: batch },
    )
  }
