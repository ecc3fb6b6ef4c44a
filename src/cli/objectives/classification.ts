/**
 * The objective of classifiers: cross-entropy; a validation is the loss and the accuracy over held-out pictures, a picture shows
 * them by their class, those that were named rightly and what the others were taken for.
 */
import { classifiedBatches, stacked } from '../../classification/batch.ts'
import { type CompiledClassifier, judge, scored } from '../../classification/judge.ts'
import { classificationTask, featuresOf, judgement, type Shapes } from '../../classification/task.ts'
import { examples } from '../../data/batches.ts'
import type { Dataset } from '../../data/dataset.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import { heldOutPictures } from '../data.ts'
import { keysOf } from '../keys.ts'
import type { Settings } from '../settings/options.ts'
import { rulesOf } from '../task.ts'
import { drawConfusions } from './confusions.ts'
import { type ObjectiveOf, type Report, type Reporting, trainingOf } from './objective.ts'

type Classifier = ConfiguredModelOf<'classification'>

export const classifierShapes = ({ shape: { size, channels, classes } }: Classifier, batch: number): Shapes => {
  if (classes === null) throw new TypeError('a classifier has classes')
  return { batch, size, channels, classes }
}

/** The width of its features. */
export const classifierFeatures = (model: Classifier): number => featuresOf(model, classifierShapes(model, 1))

const reportOf = (model: Classifier, settings: Settings, { executable, batch, dataset, count }: Reporting): Report => {
  const network: CompiledClassifier = { ...classifierShapes(model, batch), executable }
  const pictures = heldOutPictures(dataset, count)
  const labels = pictures.map(({ label }) => label)
  const all = stacked(pictures, network)
  const logitsOf = async (stopCheck: () => void): Promise<Float32Array> =>
    (await judge(network, stopCheck)(all, pictures.length)).logits
  const { label_smoothing: smoothing } = settings.training
  return {
    images: pictures.length,
    validate: async (stopCheck) => {
      const { loss, accuracy } = scored(await logitsOf(stopCheck), labels, { classes: network.classes, smoothing })
      return { loss, measures: { accuracy } }
    },
    picture: { columns: settings.sampling.columns, steps: 1 },
    pictureSeconds: (_, validationSeconds) => validationSeconds,
    draw: async ({ columns }, path, stopCheck) =>
      drawConfusions({ dataset, pictures, logits: await logitsOf(stopCheck), columns, path })(),
  }
}

export const classification: ObjectiveOf<'classification'> = {
  trains: 'a classifier',
  next: () => null,
  network: (model, batch) => judgement(model, classifierShapes(model, batch)),
  of: (model, settings) => {
    const { seed, training } = settings
    return {
      training: (microBatch = training.micro_batch) =>
        trainingOf(
          classificationTask(model, {
            ...classifierShapes(model, microBatch),
            smoothing: training.label_smoothing,
            dropout: training.feature_dropout,
            ...rulesOf(model, training, microBatch),
          }),
        ),
      batches: (dataset: Dataset) => {
        const keys = keysOf(seed)
        const shapes = classifierShapes(model, training.micro_batch)
        return classifiedBatches(keys.noise, examples(dataset, keys.order), {
          ...shapes,
          features: classifierFeatures(model),
          dropout: training.feature_dropout,
          augmentation: training.augmentation,
        })
      },
      mostValidated: 2048,
      report: (about) => reportOf(model, settings, about),
    }
  },
}
