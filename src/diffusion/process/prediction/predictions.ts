/** The predictions that a setting can name. Functions take one itself, so any other works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { epsilonPrediction } from './epsilonPrediction.ts'
import type { Prediction } from './prediction.ts'
import { samplePrediction } from './samplePrediction.ts'
import { vPrediction } from './vPrediction.ts'

/** The table of predictions that settings can name. */
export const predictions = {
  epsilon: epsilonPrediction,
  sample: samplePrediction,
  v_prediction: vPrediction,
} as const satisfies Readonly<Record<string, Prediction>>
/** The name of a prediction of the table. */
export type PredictionName = keyof typeof predictions
export const predictionNames = RR.keys(predictions)
