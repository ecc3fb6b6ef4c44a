/** The figures of an evaluation from its sums, and the lines that a terminal shows of them. */
import { element } from '../../codec/element.ts'
import { joined } from '../../codec/joined.ts'
import { classAccuracy } from '../../evaluation/classAccuracy.ts'
import type { FeatureNetwork } from '../../evaluation/featureNetwork.ts'
import { frechetDistance } from '../../evaluation/frechetDistance.ts'
import { inceptionScore } from '../../evaluation/inceptionScore.ts'
import { memorisation } from '../../evaluation/memorisation.ts'
import { gaussianOf } from '../../evaluation/moments.ts'
import type { Rows, Steps } from '../../evaluation/neighbours.ts'
import { type PrecisionRecall, precisionRecallSteps } from '../../evaluation/precisionRecall.ts'
import { saidText } from '../settings/samplingSaid.ts'
import { distanceOf, type Evaluation } from './evaluation.ts'
import type { Statistics } from './referenceStatistics.ts'
import type { EvaluationState, Judged } from './state.ts'

/** Nearest neighbours for precision and recall. */
const neighbours = 3

/** What the figures are made from. */
export interface Findings extends Pick<Evaluation, 'run' | 'step' | 'images' | 'sampling'> {
  readonly state: EvaluationState
  readonly network: FeatureNetwork
  readonly reference: Statistics
  readonly compared: PrecisionRecall | null
  /** The names of the classes, where accuracy by class means something. */
  readonly classes: readonly string[] | null
}

const rowsOf = ({ features, moments }: Judged): Rows => {
  const [values, f] = [joined(features), moments.mean.length]
  return { n: values.length / f, f, values }
}

/** Precision and recall in steps; null where there are too few pictures. */
export const comparison = ({ samples, real }: EvaluationState): Steps<PrecisionRecall> | null => {
  const [drawn, there] = [rowsOf(samples), rowsOf(real)]
  return Math.min(drawn.n, there.n) <= neighbours ? null : precisionRecallSteps(drawn, there, neighbours)
}

const comparedOf = (
  { samples, real }: EvaluationState,
  both: PrecisionRecall,
  heldOut: number | null,
): NonNullable<Evaluation['precision_recall']> => ({
  ...both,
  neighbours,
  samples: rowsOf(samples).n,
  real_pictures: rowsOf(real).n,
  held_out_accuracy: heldOut,
})

const accuracyOf = (
  { counts }: EvaluationState,
  classes: readonly string[],
  heldOut: number | null,
): NonNullable<Evaluation['class_accuracy']> => {
  const { all, byClass } = classAccuracy(counts)
  return {
    all,
    by_class: classes.map((name, c) => ({
      name,
      accuracy: element(byClass, c),
      samples: element(counts.all, c),
    })),
    held_out_accuracy: heldOut,
  }
}

export const figuresOf = ({ state, network, reference, compared, classes, ...about }: Findings): Evaluation => {
  const heldOut = network.heldOutAccuracy
  const { samples, real, nearest } = state
  const figure = {
    value: frechetDistance(gaussianOf(samples.moments), reference.gaussian),
    of_real_pictures: frechetDistance(gaussianOf(real.moments), reference.gaussian),
    real_pictures: real.done,
    held_out_accuracy: heldOut,
  }
  const score = { ...inceptionScore(state.scores), splits: state.scores.length, held_out_accuracy: heldOut }
  const isFid = network.distance === 'FID'
  const copies = memorisation(nearest, state.heldOut)
  return {
    format: 'diffit evaluation 1',
    ...about,
    network: { name: network.name, features: network.features, held_out_accuracy: heldOut },
    reference: { source: reference.source, pictures: reference.pictures },
    fid: isFid ? figure : null,
    relative_distance: isFid ? null : figure,
    inception_score: isFid ? score : null,
    relative_inception_score: isFid ? null : score,
    precision_recall: compared === null ? null : comparedOf(state, compared, heldOut),
    class_accuracy: classes === null ? null : accuracyOf(state, classes, heldOut),
    nearest: {
      mean_distance: nearest.reduce((sum, d) => sum + d, 0) / nearest.length,
      nn_ratio: copies === null ? null : copies.ratio,
      copied: copies === null ? null : copies.copied,
      held_out_pictures: state.heldOut.length,
    },
  }
}

/** To three digits, without an exponent. */
export const digits = (x: number): string =>
  x >= 1000 ? x.toFixed(0) : x === 0 ? '0' : Number(x.toPrecision(3)).toString()
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Name and value of every figure, as people read them. */
export const namedFigures = (e: Evaluation): readonly (readonly [name: string, value: string])[] => {
  const { called, figure } = distanceOf(e)
  const score = e.inception_score ?? e.relative_inception_score
  const p = e.precision_recall
  const { nn_ratio, copied } = e.nearest
  return [
    [called, `${digits(figure.value)} (${figure.real_pictures} real pictures: ${digits(figure.of_real_pictures)})`],
    ...(p === null
      ? []
      : [
          ['precision', p.precision.toFixed(3)] as const,
          [
            'recall',
            `${p.recall.toFixed(3)} (${p.samples} samples, ${p.real_pictures} real pictures, k = ${p.neighbours})`,
          ] as const,
        ]),
    ...(score === null
      ? []
      : [
          [
            `${e.inception_score === null ? 'relative ' : ''}Inception score`,
            `${digits(score.mean)} ± ${digits(score.deviation)} (${score.splits} splits)`,
          ] as const,
        ]),
    ...(e.class_accuracy === null ? [] : [['class accuracy', percent(e.class_accuracy.all)] as const]),
    ...(nn_ratio === null || copied === null
      ? []
      : [
          ['nearest training picture', `${nn_ratio.toFixed(2)} x as far as of held-out pictures`] as const,
          ['copies', percent(copied)] as const,
        ]),
  ]
}

/** How much the network's figures can be trusted, in words. */
export const judgedBy = ({ network: { name, held_out_accuracy: accuracy } }: Pick<Evaluation, 'network'>): string =>
  accuracy === null ? `judged by ${name}` : `judged by ${name}, which names ${percent(accuracy)} of held-out pictures`

/** Lines for a terminal. */
export const linesOf = (e: Evaluation): readonly string[] => {
  const { count, guidance, steps, sampler, seed, others } = e.sampling
  const rows = namedFigures(e)
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return [
    `${count} samples of ${e.run} after ${e.images} images: guidance ${guidance}, ${steps} steps of ${sampler}, seed ${seed}${saidText(others)}`,
    judgedBy(e),
    ...rows.map(([name, value]) => `${name.padEnd(width)}${value}`),
    ...(e.class_accuracy === null
      ? []
      : e.class_accuracy.by_class.map(
          ({ name, accuracy, samples }) =>
            `  ${name.padEnd(24)}${accuracy === null ? '-' : percent(accuracy)} of ${samples}`,
        )),
  ]
}
