/** Who judges a comparison's samples: `evaluate`, with the network that options name or the classifier of the data. */
import type { Dataset } from '../../data/dataset.ts'
import { evaluateRun, quietly } from '../evaluate.ts'
import { distanceOf, type Evaluation } from '../evaluation/evaluation.ts'
import { usualNetwork } from '../evaluation/featureNetworks.ts'
import { evaluationProgress } from '../evaluation/progress.ts'
import { EvaluationStopped } from '../evaluation/session.ts'
import type { Catalogue, CompareOptions } from '../settings/options.ts'
import { saidText } from '../settings/samplingSaid.ts'
import type { Environment } from '../train.ts'
import type { Figures, Judge } from './judged.ts'

/** What surrounds the judging of a comparison's samples. */
export interface JudgingContext extends Pick<Environment, 'backends'> {
  readonly dataset: Dataset
  readonly known: Catalogue
  readonly say: (line: string) => void
  /** Whether the work should stop, with what is done kept. */
  readonly stopped: () => boolean
  /** Throws if it should. */
  readonly stopCheck: () => void
}

/** Null: nobody judges, and only losses are compared. A judge that stops early ends with `stopCheck`. */
export type Judging = (o: CompareOptions, context: JudgingContext) => Promise<Judge | null>

export const figuresOf = (found: Evaluation): Figures => {
  const { called, figure } = distanceOf(found)
  const { sampling, network, reference, class_accuracy, precision_recall, nearest } = found
  const accuracy = network.held_out_accuracy
  return {
    about: `${called} and the figures after it: ${sampling.count} samples (${sampling.sampler}, ${sampling.steps} steps, guidance ${sampling.guidance}${saidText(sampling.others)}) against ${reference.source}, judged by ${network.name}${accuracy === null ? '' : `, which names the class of ${(100 * accuracy).toFixed(1)} % of held-out pictures`}.`,
    distanceName: called,
    distance: figure.value,
    accuracy: class_accuracy === null ? null : class_accuracy.all,
    precision: precision_recall === null ? null : precision_recall.precision,
    recall: precision_recall === null ? null : precision_recall.recall,
    neighbourRatio: nearest.nn_ratio,
    copies: nearest.copied,
  }
}

export const judgeOf: Judging = async (o, { dataset, known, backends, say, stopped, stopCheck }) => {
  const { count, guidance, steps, backend, threads } = o
  const network = o.network ?? (await usualNetwork({ dataset, known }))
  if (network === null) return null
  const asked = {
    network,
    ...(count === undefined ? {} : { count }),
    ...(guidance === undefined ? {} : { guidance }),
    ...(steps === undefined ? {} : { steps }),
  }
  const machine = {
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  }
  return {
    options: JSON.stringify(asked),
    judge: async (run) => {
      const environment = { ...quietly, say, progress: evaluationProgress(), backends, stopped }
      try {
        return figuresOf(await evaluateRun({ ...asked, ...machine, run }, environment, known))
      } catch (error) {
        if (error instanceof EvaluationStopped) stopCheck()
        throw error
      }
    },
  }
}
